"""A chat service, as a translator between its requests and activities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from shared.activity import Activity, ConversationReference

if TYPE_CHECKING:
    from shared.bot import Bot


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
    """One authenticated activity for one bot.

    `network` is where an anonymous sender is connected, "" when that is not known. `files` are
    the bytes of what its attachments name by id.
    """

    bot: "Bot"
    reference: ConversationReference
    activity: Activity
    network: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel reports about a message that a bot sent: `sent`, `delivered`, `read`, ...

    `meter` is what the channel bills it as, "" when this report says nothing of that.
    """

    reference: ConversationReference
    message_id: str
    status: str
    error: str = ""
    time: str = ""
    meter: str = ""


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

    has_receipts: bool
    """Whether the service reports on what was sent: only then a message id is worth keeping."""

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
