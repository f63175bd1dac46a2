"""What was said or happened, and where to answer: the vocabulary of Bot Framework.

Source: microsoft/Agents `specs/activity/protocol-activity.md`.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Self

FILE_SCHEME = "fabric-file:"
"""How an attachment names a file of its own conversation that is kept here."""

FILE_CONSENT = "fileConsent/invoke"
"""Teams' name for a person's answer to a file that was offered to them."""

FEEDBACK = "message/submitAction"
"""The name, in Teams and Web Chat, of a person's thumb under an answer."""

DIGESTS_KNOWN = 512
"""Places whose digest a process remembers, those that it met last."""


class Activity(dict[str, Any]):
    """One Bot Framework activity: the dict as it arrived, with typed views on what is used often.

    Unknown fields are kept. The views never raise: a field of the wrong type reads as absent.
    """

    def _text(self, key: str) -> str:
        value = self.get(key)
        return value if isinstance(value, str) else ""

    def _object(self, key: str) -> dict[str, Any]:
        value = self.get(key)
        return value if isinstance(value, dict) else {}

    def objects(self, key: str) -> list[dict[str, Any]]:
        """The objects in the list at `key`; anything else in it is left out."""
        value = self.get(key)
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []

    @property
    def type(self) -> str:
        value = self.get("type")  # asked for in nearly every step of a turn
        return value if isinstance(value, str) else ""

    @property
    def id(self) -> str:
        return self._text("id")

    @property
    def text(self) -> str:
        return self._text("text")

    @property
    def name(self) -> str:
        return self._text("name")

    @property
    def value(self) -> Any:
        return self.get("value")

    @property
    def locale(self) -> str:
        return self._text("locale")

    @property
    def channel_id(self) -> str:
        return self._text("channelId")

    @property
    def service_url(self) -> str:
        return self._text("serviceUrl")

    @property
    def reply_to_id(self) -> str:
        return self._text("replyToId")

    @property
    def sender(self) -> dict[str, Any]:
        return self._object("from")

    @property
    def recipient(self) -> dict[str, Any]:
        return self._object("recipient")

    @property
    def conversation(self) -> dict[str, Any]:
        return self._object("conversation")

    @property
    def channel_data(self) -> dict[str, Any]:
        return self._object("channelData")

    @property
    def entities(self) -> list[dict[str, Any]]:
        return self.objects("entities")

    @property
    def attachments(self) -> list[dict[str, Any]]:
        return self.objects("attachments")

    @property
    def is_message(self) -> bool:
        return self.get("type") == "message"

    @property
    def removes_bot(self) -> bool:
        """Whether the bot was taken out of the conversation."""
        kind = self.type
        if kind == "installationUpdate":
            return self._text("action") in ("remove", "remove-upgrade")
        return kind == "conversationUpdate" and self._has_bot("membersRemoved")

    @property
    def shows_presence(self) -> bool:
        """Whether it tells that the bot may speak here: somebody did something, or added it."""
        kind = self.type
        if kind == "installationUpdate":
            return not self.removes_bot
        return kind != "conversationUpdate" or self._has_bot("membersAdded")

    def _has_bot(self, members: str) -> bool:
        bot = self.recipient.get("id")
        return bot is not None and bot in [member.get("id") for member in self.objects(members)]


@dataclass(frozen=True, slots=True)
class ConversationReference:
    """Where to answer, now or proactively.

    `bot` is the manifest id; `channel` one of `teams`, `whatsapp`, `web`, `api`; `conversation`
    and `user` are the channel's own ids. `account` is the bot's id on the channel (Teams
    `28:<app id>`, WhatsApp phone_number_id). `reply_to` is the activity to answer, empty for
    a proactive message. `alone` is the channel's id of the person in a group who alone reads
    what is said here, who wrote to the bot alone; it is a conversation of its own.
    """

    bot: str
    channel: str
    conversation: str
    user: str = ""
    user_name: str = ""
    account: str = ""
    tenant: str = ""
    service_url: str = ""
    channel_id: str = ""
    locale: str = ""
    is_group: bool = False
    reply_to: str = ""
    alone: str = ""

    @property
    def key(self) -> str:
        """Partition key and session id: readable bot and channel, the rest hashed.

        At most 128 characters of `[A-Za-z0-9._-]`, and free of phone numbers and names, so it
        may stand in a log, a URL and a Service Bus SessionId.
        """
        who = f"{self.tenant}\n{self.account}\n{self.conversation}"
        if self.alone:
            who += f"\n{self.alone}"
        return f"{self.bot}.{self.channel}.{_digest(who)}"

    @property
    def verified(self) -> bool:
        """Whether the channel knows who `user` is; elsewhere it is what somebody calls himself."""
        return self.channel in ("teams", "whatsapp")

    def proactive(self) -> Self:
        """The same place without an activity to reply to."""
        return replace(self, reply_to="")

    def to_dict(self, *, proactive: bool = False) -> dict[str, Any]:
        """As JSON, without what is empty; `proactive` as it is without an activity to reply to."""
        return {
            name: value
            for name in self.__slots__
            if (value := getattr(self, name)) and not (proactive and name == "reply_to")
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**data)


@lru_cache(DIGESTS_KNOWN)
def _digest(who: str) -> str:
    """The 32 characters `[0-9a-f]` that stand for a place; a turn asks for its own often."""
    return hashlib.sha256(who.encode()).hexdigest()[:32]
