"""The seam to the trace context of the host, and of the libraries that trace themselves."""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from shared.observability.trace import Span


class Surroundings(Protocol):
    """The trace context of the host and of the libraries in this process."""

    def position(self) -> str:
        """Return the traceparent that the host has attached to this work, "" for none."""
        ...

    def enter(self, span: "Span") -> Any:
        """Make `span` the context of what libraries do; return what `leave` takes."""
        ...

    def leave(self, entered: Any) -> None: ...
