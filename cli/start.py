"""`botfabric start`: the other way of the switch."""

from cli.stop import add_arguments, run

__all__ = ["add_arguments", "run"]
