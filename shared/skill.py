"""A skill: its name, what it can do, and its handlers. Recording only; `pipeline` runs it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import iscoroutinefunction, isfunction
from typing import TYPE_CHECKING, Any, Literal, get_args

from shared.errors import ConfigurationError
from shared.migration import FIRST_VERSION, Migration
from shared.purposes import PURPOSES

if TYPE_CHECKING:
    from shared.turn import Turn

Handler = Callable[["Turn"], Awaitable[None]]
InvokeHandler = Callable[["Turn"], Awaitable[dict[str, Any] | None]]
Overlap = Literal["queue", "merge", "latest"]


@dataclass
class Skill:
    """One thing that bots can do, shared by all of them.

    `description`, `capabilities` (short phrases) and `examples` (what people say) are what the
    router and a model choose by. `overlap` is what becomes of messages that wait behind a
    running turn: each its own turn (queue), one turn for all of them (merge), or one for the
    newest, while the others are recorded as superseded (latest). `concurrency` is how many of
    its turns run at once in a process, None as many as the host runs. `every_click` when the same
    button of the same card, pressed again within 90 s, counts again ("+1", "next page"): Teams
    may then post one press twice. `purpose` is why it reads what is not for everybody, a code of
    `shared/purposes.py`. `mcp` when programs of others may use it as a tool. Another
    `version` of a skill is another `Skill` of the same name; `botfabric rollout` gives it a share
    of the conversations.
    """

    name: str
    description: str
    capabilities: Sequence[str] = ()
    examples: Sequence[str] = ()
    message: Handler | None = None
    events: dict[str, Handler] = field(default_factory=dict)
    invokes: dict[str, InvokeHandler] = field(default_factory=dict)
    activities: dict[str, Handler] = field(default_factory=dict)
    overlap: Overlap = "queue"
    concurrency: int | None = None
    every_click: bool = False
    purpose: str = "answer"
    mcp: bool = False
    version: str = FIRST_VERSION
    migrations: dict[str, Migration] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.overlap not in get_args(Overlap):
            raise ValueError(
                f'skill {self.name}: overlap={self.overlap!r}; write "queue", "merge" or "latest"'
            )
        if self.purpose not in PURPOSES:
            known = ", ".join(PURPOSES)
            raise ValueError(f"skill {self.name}: purpose={self.purpose!r}; write one of {known}")
        if self.concurrency is not None and self.concurrency < 1:
            raise ValueError(
                f"skill {self.name}: concurrency={self.concurrency!r}; write 1 or more, or None"
            )

    def on_message(self, handler: Handler) -> Handler:
        """Handle what a person says, and cards they submit (`turn.value`)."""
        self._awaitable(handler)
        self.message = handler
        return handler

    def on_event(self, type: str) -> Callable[[Handler], Handler]:
        """Handle a fact that some skill or system emitted; it stands in `turn.event`."""

        def register(handler: Handler) -> Handler:
            self._awaitable(handler)
            self.events[type] = handler
            return handler

        return register

    def on_invoke(self, name: str) -> Callable[[InvokeHandler], InvokeHandler]:
        """Answer a Teams `invoke` within 3 s: the returned object is the HTTP body, None empty."""

        def register(handler: InvokeHandler) -> InvokeHandler:
            self._awaitable(handler)
            self.invokes[name] = handler
            return handler

        return register

    def reads_state_of(self, version: str) -> Callable[[Migration], Migration]:
        """Read what another version wrote in a conversation: its state in, this one's out.

        A conversation with state of a version that this one does not read stays with that one.
        """

        def register(migration: Migration) -> Migration:
            self.migrations[version] = migration
            return migration

        return register

    def on_activity(self, type: str) -> Callable[[Handler], Handler]:
        """Handle another activity type, such as `conversationUpdate` or `messageReaction`."""

        def register(handler: Handler) -> Handler:
            self._awaitable(handler)
            self.activities[type] = handler
            return handler

        return register

    def _awaitable(self, handler: Handler | InvokeHandler) -> None:
        """Raise ValueError for a function that cannot be awaited."""
        if isfunction(handler) and not iscoroutinefunction(handler):
            raise ValueError(f"skill {self.name}: {handler.__name__} is no async def; write async")


def versions(
    skills: Mapping[str, Skill], further: Mapping[str, Mapping[str, Skill]]
) -> dict[str, dict[str, Skill]]:
    """Every version of the skills that have more than one, by name and version.

    Raises ConfigurationError for one that lacks what the first does: facts and invokes are led
    by the first to whichever version the conversation has.
    """
    found = {}
    for name, others in further.items():
        if name not in skills:
            raise ConfigurationError(f"skill {name}: there is no {FIRST_VERSION} of it; keep one")
        first = skills[name]
        for version in others.values():
            for kind in ("events", "invokes", "activities"):
                if missing := sorted(getattr(first, kind).keys() - getattr(version, kind).keys()):
                    raise ConfigurationError(
                        f"skill {name} {version.version}: {kind}: lacks {missing[0]!r}, which "
                        f"{FIRST_VERSION} handles; write a handler"
                    )
        found[name] = {FIRST_VERSION: first, **others}
    return found
