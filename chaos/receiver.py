"""The other side: what people really received, by its own account."""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Receiver:
    """Each message as it arrived, `[effect, text]`, by conversation; nothing is dropped."""

    arrived: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    count: int = 0
    repeated: int = 0
    """Messages that arrived again."""
    _known: set[tuple[str, str]] = field(default_factory=set)

    def take(self, conversation: str, effect: str, text: str) -> str:
        """Note a message and return the service's id for it."""
        self.count += 1
        self.repeated += (conversation, effect) in self._known
        self._known.add((conversation, effect))
        self.arrived[conversation].append((effect, text))
        return f"message-{self.count}"

    def heard(self, conversation: str) -> list[str]:
        """The texts in order, each message where it first arrived."""
        return list(dict(self.arrived.get(conversation, ())).values())
