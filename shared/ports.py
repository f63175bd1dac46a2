"""The seams: what the pipeline needs from the world, as Protocols.

An adapter fits one of these and is named in `shared/fabric.py` by its URL scheme. The suites
in `tests/contract` say in full what each promises.
"""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from shared.activity import Activity, ConversationReference
from shared.event import Event

if TYPE_CHECKING:
    from shared.bot import Bot


# --- Store -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """A stored document. `due` is a Unix time, or None when nothing waits for it."""

    partition: str
    id: str
    body: dict[str, Any]
    etag: str
    due: float | None = None

    @property
    def place(self) -> str:
        """Where it stands in the order over all partitions."""
        return f"{self.partition}\n{self.id}"


@dataclass(frozen=True, slots=True)
class Create:
    """Insert; Conflict when the id exists. `ttl` in seconds, None for ever."""

    id: str
    body: dict[str, Any]
    due: float | None = None
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Insert or replace; with `etag`, Conflict unless the document still has it."""

    id: str
    body: dict[str, Any]
    etag: str | None = None
    due: float | None = None
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove; no error when absent. With `etag`, Conflict unless the document still has it."""

    id: str
    etag: str | None = None


Op = Create | Put | Delete


class Store(Protocol):
    """Documents in partitions. Ids look like `kind:rest`; a partition's ids sort as text."""

    async def get(self, partition: str, id: str) -> Item | None: ...

    async def find(
        self,
        partition: str | None,
        prefix: str,
        *,
        after: str = "",
        due_by: float | None = None,
        limit: int = 100,
    ) -> list[Item]:
        """Items whose id starts with `prefix`, in order of id, those above the id `after` only.

        With `due_by`, only items whose `due` is set and not later, ordered by `due`. A
        `partition` of None searches all of them, ordered by (partition, id), above the
        `Item.place` `after`: for sweeps and reports, never in a turn.
        """
        ...

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> None:
        """Apply all or nothing. Raises Conflict with the id that lost.

        On return it is durable; unless that is not asked for, when losing it in a power cut
        only means that something is done again or not counted.
        """
        ...

    async def check(self) -> str:
        """ "" when it works, else what is wrong in a few words without secrets."""
        ...

    async def close(self) -> None: ...


class Blobs(Protocol):
    """Bodies that are too large for a message, by name."""

    async def put(self, name: str, body: bytes) -> None:
        """Keep it, durable on return; the same name again replaces it. Raises Unavailable."""
        ...

    async def get(self, name: str) -> bytes | None: ...

    async def delete(self, name: str) -> None:
        """No error when absent."""
        ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...


# --- Bus and Topic -----------------------------------------------------------------------------


class Bus(Protocol):
    """Queues of commands. The trigger that receives and settles belongs to the host.

    `ordered` when messages of one session are delivered one at a time and in order;
    `max_deliveries` is after how many one counts as poison.
    """

    ordered: bool
    max_deliveries: int

    async def send(self, queue: str, *events: Event, delay: float = 0) -> None:
        """Enqueue in order, durable on return; all or nothing.

        The message id is `event.id` (a second send of it within the duplicate window is
        dropped), the session `event.conversation`, or the event's own id when that is empty.
        `delay` in seconds hides the messages until then. Raises Unavailable.
        """
        ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message under peek-lock. `count` is 1 on the first delivery."""

    queue: str
    id: str
    session: str
    body: str
    count: int
    token: str
    locked_until: float
    enqueued_at: float
    properties: Mapping[str, str] = field(default_factory=dict)


class PeekLockBus(Bus, Protocol):
    """What a host needs beside: receive and settle. The embedded bus has it."""

    async def receive(self, queue: str, limit: int = 1) -> list[Delivery]:
        """Lock up to `limit` sessions and hand out the first message of each; never waits."""
        ...

    async def changed(self, timeout: float) -> Collection[str]:  # noqa: ASYNC109 -- no deadline
        """The queues that may have something, as soon as there are any.

        None are named after `timeout` seconds, or when it may be any of them.
        """
        ...

    async def renew(self, delivery: Delivery) -> None: ...

    async def complete(self, delivery: Delivery, /) -> None: ...

    async def abandon(self, delivery: Delivery, *, delay: float = 0) -> None: ...

    async def dead_letter(self, delivery: Delivery, reason: str, description: str = "") -> None: ...


class Topic(Protocol):
    """Facts for others."""

    async def publish(self, *events: Event) -> None: ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...


# --- Channel -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as a channel sees it. Header names are lower case, `body` the raw bytes."""

    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Inbound:
    """One authenticated activity for one bot."""

    bot: "Bot"
    reference: ConversationReference
    activity: Activity


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel reports about a message that a bot sent: `sent`, `delivered`, `read`, ..."""

    reference: ConversationReference
    message_id: str
    status: str
    error: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """What one webhook request held. `ignored` are reason codes, one for each thing set aside."""

    activities: Sequence[Inbound] = ()
    receipts: Sequence[Receipt] = ()
    ignored: Sequence[str] = ()


class Channel(Protocol):
    """Translator between one chat service and activities."""

    typing_after: float
    """Seconds a turn may take before the person is shown that the bot is typing."""

    limits: Sequence[tuple[int, float]]
    """Pacing per conversation: at most `n` messages within `seconds`, each pair."""

    async def receive(self, request: Request) -> Received:
        """Verify and translate. Raises Rejected; never calls out to a URL from the request."""
        ...

    def split(self, activity: Activity) -> list[Activity]:
        """One activity for each message that the service needs for this one, in order."""
        ...

    async def send(self, bot: "Bot", reference: ConversationReference, activity: Activity) -> str:
        """Deliver one activity and return the service's message id ("" when it gives none).

        `activity.id` is the effect id. Raises TransientError (throttled or down; try later),
        PermanentError (never), ReferenceGone.
        """
        ...

    async def check(self) -> str: ...


# --- AI ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. Cached ones are among the input, reasoning ones among the output."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said. `finish` is the field's finish_reason: stop, length, tool_calls, ..."""

    text: str
    model: str
    usage: Usage = Usage()
    finish: str = "stop"
    tool_calls: Sequence[ToolCall] = ()


class ChatModel(Protocol):
    """A language model. Messages and tools have the shapes of OpenAI's chat completions."""

    name: str

    structured: bool
    """Whether it keeps to a `schema`; one that does not ignores it."""

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """Go on with the conversation; with a JSON schema, whose title names it, in JSON.

        Raises Unavailable (throttled, down, or set up wrongly), Refused (the content filter
        declines), PermanentError (the request is no good).
        """
        ...

    def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        """The text of a completion in pieces. A stream that breaks raises; it never starts again.

        Whoever leaves early closes it (`contextlib.aclosing`), and it is metered all the same.
        """
        ...

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One unit vector for each text, all of one length."""
        ...

    async def check(self) -> str: ...


class Models(Protocol):
    """The chat models there are, by the alias that bots name."""

    def named(self, alias: str) -> ChatModel:
        """Raises ConfigurationError when nothing stands behind the alias."""
        ...

    async def check(self) -> str: ...

    async def close(self) -> None: ...
