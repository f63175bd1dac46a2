"""Direct Line 3.0 by polling or by socket, as Microsoft's own web clients speak it.

Source: MicrosoftDocs/bot-docs "Direct Line API 3.0", and botframework-directlinejs 0.15.8, which
stops polling for ever on any status other than 200, 403 and 404.
"""

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.channels.directline.access import Access
from shared.channels.directline.citations import with_links
from shared.channels.directline.log import ActivityLog
from shared.channels.directline.stream import Streams
from shared.channels.directline.token import Token
from shared.channels.directline.upload import (
    ACTIVITY_BYTES,
    UPLOAD_BYTES,
    beside,
    is_upload,
    uploaded,
)
from shared.channels.thumbs import ask_for_feedback, is_vote
from shared.errors import Rejected
from shared.event import event_id
from shared.observability import log
from shared.parse import json_object
from shared.ports.channel import Inbound, Received, Request
from shared.ports.store import Store
from shared.settings import Settings
from shared.text.clean import cleaned

if TYPE_CHECKING:
    from shared.media.files import Files

CHANNEL_ID = "directline"
_WATERMARK = re.compile(r"[0-9]{1,12}", re.ASCII)
_FROM_A_PERSON = frozenset({"message", "event", "messageReaction"})
_NOT_THE_CLIENTS = ("serviceUrl", "deliveryMode", "callerId", "relatesTo")
_TYPING_SECONDS = 30

LONGEST_TEXT = 8_000
"""Characters of one message of a visitor, as many as the chat page lets them type."""
_DAY = 86_400


class DirectLineChannel:
    """The channel `web`, and the few Direct Line operations around its activities."""

    typing_after = 1.0
    has_receipts = False
    limits: Sequence[tuple[int, float]] = ((20, 1.0),)

    def __init__(
        self,
        bots: Mapping[str, Bot],
        store: Store,
        settings: Settings,
        *,
        streams: Streams | None = None,
        files: "Callable[[], Files] | None" = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.access = Access(bots, store, settings, clock)
        self._store = store
        self._clock = clock
        self._log = ActivityLog(store)
        self.streams = streams
        self._files = files

    # --- Channel ---

    async def receive(self, request: Request) -> Received:
        """One posted activity. A client's retry, by `clientActivityID`, has the same id again."""
        content_type = request.headers.get("content-type", "")
        upload = is_upload(content_type)
        if len(request.body) > (UPLOAD_BYTES if upload else ACTIVITY_BYTES):
            raise Rejected(413, "body_too_large")
        token, bot = await self.access.authorize(request)
        contents: list[bytes] = []
        if upload:
            activity, contents = uploaded(content_type, request.body)
        else:
            activity = Activity(json_object(request.body, cap=ACTIVITY_BYTES))
        if not activity.type:
            raise Rejected(400, "type_missing")
        if activity.type == "typing":
            return Received(ignored=["web_typing"])
        if activity.type not in _FROM_A_PERSON and not is_vote(activity):
            raise Rejected(400, "web_activity_type")  # a client takes 200 for heard
        if activity.text:
            activity["text"] = cleaned(activity.text)
        if len(activity.text) > LONGEST_TEXT:
            raise Rejected(413, "text_too_long")
        if activity.is_message and not _says_something(activity):
            raise Rejected(400, "empty_message")
        client_id = activity.channel_data.get("clientActivityID")
        for name in _NOT_THE_CLIENTS:
            activity.pop(name, None)
        id = secrets.token_hex(16)
        if isinstance(client_id, str) and client_id:
            id = event_id("web", token.conversation, client_id)
        activity["id"] = id
        files = beside(activity, contents)
        inbound = self._inbound(request, token, bot, activity)
        return Received([replace(inbound, files=files) if files else inbound])

    async def opening(self, request: Request) -> tuple[Bot, Inbound]:
        """What a bot hears of the bearer's conversation when it begins, with the same id each time.

        Source: bot-docs, "Send welcome message to users".
        """
        token, bot = await self.access.authorize(request)
        activity = Activity(
            type="conversationUpdate",
            id=event_id("web", token.conversation, "", "opened"),
            membersAdded=[
                {"id": bot.id, "name": bot.name},
                {"id": token.user, "name": token.user_name},
            ],
        )
        opening = self._inbound(request, token, bot, activity)
        del opening.activity["timestamp"]  # it is part of what tells an event from its copy
        return bot, opening

    def _inbound(self, request: Request, token: Token, bot: Bot, activity: Activity) -> Inbound:
        """Say of it what only the channel may say: when, where, by whom, to whom."""
        activity |= {
            "channelId": CHANNEL_ID,
            "timestamp": self._now(),
            "conversation": {"id": token.conversation},
            "from": {"id": token.user, "name": token.user_name, "role": "user"},
            "recipient": {"id": bot.id, "name": bot.name, "role": "bot"},
        }
        reference = ConversationReference(
            bot.id,
            "web",
            token.conversation,
            user=token.user,
            user_name=token.user_name,
            channel_id=CHANNEL_ID,
            locale=activity.locale[:35],
            reply_to=activity.id,
        )
        return Inbound(bot, reference, activity, self.access.network(request))

    def split(self, activity: Activity) -> list[Activity]:
        return [activity]

    async def send(self, bot: Bot, reference: ConversationReference, activity: Activity) -> str:
        """Append to the log, once for each `activity.id`: a repeated send changes nothing."""
        conversation = reference.conversation
        said = with_links(activity)
        said |= {
            "id": activity.id or secrets.token_hex(16),
            "channelId": CHANNEL_ID,
            "timestamp": self._now(),
            "conversation": {"id": conversation},
            "from": {"id": bot.id, "name": bot.name, "role": "bot"},
            "recipient": {"id": reference.user, "role": "user"},
        }
        # a client holds a reply back for seconds while it has not seen what it replies to
        answered = said.reply_to_id or reference.reply_to
        if answered and await self._log.contains(conversation, answered):
            said["replyToId"] = answered
        else:
            said.pop("replyToId", None)
        fades = _TYPING_SECONDS if said.type == "typing" else None
        ask_for_feedback(said)
        await self._append(conversation, said, ttl=_ttl(bot), fades=fades)
        return said.id

    async def check(self) -> str:
        return await self._store.check()

    # --- Direct Line ---

    async def start(self, request: Request) -> tuple[bool, dict[str, Any]]:
        """Open the token's conversation; True the first time."""
        if len(request.body) > ACTIVITY_BYTES:
            raise Rejected(413, "body_too_large")
        token, bot = await self.access.authorize(request)
        first = await self._log.start(token.conversation, ttl=_ttl(bot))
        return first, await self._held(request, token)

    async def resume(self, request: Request) -> dict[str, Any]:
        """The conversation as it stands, for a client that reconnects."""
        token, _ = await self.access.authorize(request)
        return await self._held(request, token)

    async def _held(self, request: Request, token: Token) -> dict[str, Any]:
        """The grant, and where a socket serves the rest of the conversation, if one does."""
        grant = self.access.held(request, token)
        if self.streams is None:
            return grant
        watermark = request.query.get("watermark", "")
        after = watermark if _WATERMARK.fullmatch(watermark) else ""
        url = await self.streams.url(request, token.conversation, grant["token"], after)
        return {**grant, "streamUrl": url}

    async def poll(self, request: Request) -> dict[str, Any]:
        """What was said after the watermark. Raises Rejected with 403 or 404 only.

        Without its store it answers an empty list and the watermark it was given: the client
        asks again and misses nothing.
        """
        given = request.query.get("watermark", "")
        after = int(given) if _WATERMARK.fullmatch(given) else 0
        try:
            token, _ = await self.access.authorize(request)
            activities, last = await self.after(token.conversation, after)
        except Rejected as refusal:
            if refusal.status == 401:
                raise Rejected(403, refusal.reason) from refusal
            raise
        except Exception as error:
            log.error("web.poll_degraded", reason=type(error).__name__)
            activities, last = [], after
        return {"activities": activities, "watermark": str(last)}

    async def session(self, request: Request) -> dict[str, Any]:
        """A session id, as clients ask for before a sign-in card; nothing is kept under it."""
        await self.access.authorize(request)
        return {"sessionId": secrets.token_urlsafe(16)}

    async def record(self, inbound: Inbound) -> None:
        """Echo what a person said into the stream, where clients look for their own message."""
        conversation = inbound.reference.conversation
        await self._append(conversation, inbound.activity, ttl=_ttl(inbound.bot))

    async def answers(self, inbound: Inbound) -> bool:
        """Tell whether what this is about was said by the bot, in this conversation."""
        about = inbound.activity.reply_to_id
        return await self._log.sender(inbound.reference.conversation, about) == "bot"

    async def after(self, conversation: str, watermark: int) -> tuple[list[Activity], int]:
        """What was said after the watermark, and the new one, for a socket of the conversation."""
        activities, last = await self._log.read(conversation, watermark)
        return [await self._shown(conversation, activity) for activity in activities], last

    async def _append(
        self, conversation: str, activity: Activity, *, ttl: int, fades: int | None = None
    ) -> None:
        number = await self._log.append(conversation, activity, ttl=ttl, fades=fades)
        if number and self.streams:
            await self.streams.said(conversation, await self._shown(conversation, activity), number)

    async def _shown(self, conversation: str, activity: Activity) -> Activity:
        """What the log has, with addresses of its files that are good for now."""
        if self._files is None or not activity.attachments:
            return activity
        bot = activity.sender if activity.sender.get("role") == "bot" else activity.recipient
        key = ConversationReference(str(bot.get("id")), "web", conversation).key
        return await self._files().shown(key, activity)

    def _now(self) -> str:
        moment = datetime.fromtimestamp(self._clock(), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _says_something(activity: Activity) -> bool:
    """Tell whether it has content, or is the press of a button, which may carry none."""
    pressed = {"postBack", "messageBack"} & set(activity.channel_data)
    return bool(
        activity.text or activity.attachments or activity.get("value") is not None or pressed
    )


def _ttl(bot: Bot) -> int:
    return bot.retention.transcript_days * _DAY
