"""A tool whose schema somebody else wrote: what a Toolbox needs of a pydantic TypeAdapter."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared import wire


class DeclaredTool:
    """Checks no more than that the arguments are an object; the server judges them."""

    def __init__(self, function: Callable[..., Awaitable[Any]], schema: Mapping[str, Any]) -> None:
        self._function, self._schema = function, schema

    def json_schema(self) -> dict[str, Any]:
        return dict(self._schema) or {"type": "object"}

    def validate_json(self, arguments: str) -> Awaitable[Any]:
        """Begin the call. Raises ValueError for arguments that are no object."""
        value = wire.loads(arguments)
        if not isinstance(value, dict):
            raise ValueError("arguments are one JSON object")
        return self._function(**value)
