"""Tools that a second person has to approve, each call by itself.

    @tool(risk="high")
    async def refund(order: str, euros: float) -> str:
        \"\"\"Pay the price of an order back.\"\"\"

A model that calls it is stopped before anything of that round has run. Once the very call has been
approved, `Resumed` has the conversation go on where it was: nothing is asked or done again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from shared import wire
from shared.errors import ApprovalNeeded
from shared.ports.models import ToolCall
from shared.ports.tools import RISKY, WRITES

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])

LONGEST = 200_000
"""Characters of what was said before a call that are kept until it is approved."""

SEPARATE = "it has to be approved by itself: have the person ask for it in another message"


def tool(*, risk: Literal["low", "high"] = "low") -> Callable[[F], F]:
    """Mark a tool of a model. With `risk="high"` it writes, and each call waits for approval."""
    if risk not in ("low", "high"):
        raise ValueError(f'risk={risk!r}; write "low" or "high"')

    def mark(function: F) -> F:
        if risk == "high":
            setattr(function, WRITES, True)
            setattr(function, RISKY, True)
        return function

    return mark


@dataclass
class Resumed:
    """The approved call of a turn that is handled again. It is good for one call."""

    name: str
    arguments: Mapping[str, Any]
    said: Sequence[Mapping[str, Any]]
    used: bool = field(default=False, init=False)

    def takes(self, call: ToolCall) -> bool:
        """Whether it is this very call; from then on it is used up."""
        same = not self.used and call.name == self.name and read(call) == dict(self.arguments)
        self.used = self.used or same
        return same

    @property
    def calls(self) -> list[ToolCall]:
        """The calls of the round that was stopped."""
        return [
            ToolCall(asked["id"], asked["function"]["name"], asked["function"]["arguments"])
            for asked in (self.said[-1].get("tool_calls") or () if self.said else ())
        ]


def needed(call: ToolCall, description: str, said: Sequence[Mapping[str, Any]]) -> ApprovalNeeded:
    """What to raise for a call; of much that was said before only the call itself is kept."""
    if len(wire.dumps(list(said))) > LONGEST:
        last = said[-1]
        own = [asked for asked in last["tool_calls"] if asked["id"] == call.id]
        said = [{**last, "tool_calls": own}]
    title = description.partition("\n")[0].strip()
    return ApprovalNeeded(call.name, read(call), title=title, said=said)


def read(call: ToolCall) -> dict[str, Any]:
    """The arguments of a call that were found to be right: by name, or as a list by their place."""
    value = wire.loads(call.arguments or "{}")
    return value if isinstance(value, dict) else {"*": value}
