"""The Bot Connector's REST side: who may write where, how often, how much.

Source: bot-docs, "Bot Framework REST connector"; msteams-docs, "Optimize your bot with rate
limiting" (limits, status codes), "Format your bot messages" (size), "Get Teams specific
context" (members).
"""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from simulators.faults import Faults
from simulators.server import Handler, json_body
from simulators.teams_stream import Streams, stream_of
from simulators.teams_tokens import Tokens
from simulators.transcript import Said, Transcript
from simulators.window import Windows

PER_THREAD: Sequence[tuple[int, float]] = ((7, 1), (8, 2), (60, 30), (1800, 3600))
"""Messages of one bot to one conversation."""

PER_APP = ((50, 1.0),)
"""Requests of one app in one tenant."""

MAX_BYTES = 100 * 1024
"""Of a message, in UTF-16."""

FAULTS = {
    "403": "the bot is not in the conversation's roster, this once",
    "412": "precondition failed: try again",
    "429": "too many requests, with a Retry-After (seconds: 1)",
    "500": "the connector fails",
    "502": "the connector's back end does not answer",
    "lost": "the message is taken, and 502 answered all the same",
    "slow": "the answer takes its time (seconds: 1)",
}
CODES = {"403": "BotNotInConversationRoster", "412": "PreconditionFailed", "429": "Throttled"}


class Connector:
    """The conversations that a bot is in, and what it says there.

    `members` maps a conversation to the people in it; one that is absent is unknown, and one in
    `left` has thrown the bot out. Without an app id in `tokens` no token is asked for.
    """

    def __init__(
        self,
        tokens: Tokens | None,
        faults: Faults,
        *,
        clock: Callable[[], float] = time.time,
        per_thread: Sequence[tuple[int, float]] = PER_THREAD,
        per_app: Sequence[tuple[int, float]] = PER_APP,
    ) -> None:
        self.transcript = Transcript()
        self.members: dict[str, list[dict[str, Any]]] = {}
        self.left: set[str] = set()
        self.typing: Counter[str] = Counter()
        self.answered: Counter[int] = Counter()
        self.streams = Streams()
        self._tokens = tokens
        self._faults = faults
        self._clock = clock
        self._threads: defaultdict[str, Windows] = defaultdict(lambda: Windows(per_thread))
        self._app = Windows(per_app)
        self._count = 0

    def routes(self, base: str) -> list[tuple[str, str, Handler]]:
        one = f"{base}/v3/conversations/{{conversation}}"
        return [
            ("POST", f"{base}/v3/conversations", self._create),
            ("POST", f"{one}/activities", self._write),
            ("POST", f"{one}/activities/{{activity}}", self._write),
            ("PUT", f"{one}/activities/{{activity}}", self._write),
            ("DELETE", f"{one}/activities/{{activity}}", self._delete),
            ("GET", f"{one}/members", self._roster),
            ("GET", f"{one}/pagedmembers", self._roster),
            ("GET", f"{one}/members/{{member}}", self._roster),
        ]

    def new_id(self) -> str:
        """An id as Teams makes them: the time in milliseconds, no two alike."""
        self._count += 1
        return str(int(self._clock() * 1000) * 1000 + self._count)

    async def _write(self, request: web.Request) -> web.Response:
        """Send, reply or update: judged by place, form, size, then a fault, then the rate."""
        activity = await json_body(request)
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if activity is None or not isinstance(activity.get("type"), str):
            return self._error(400, "BadSyntax", "an activity with a type is needed")
        if len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le")) > MAX_BYTES:
            return self._error(413, "MessageSizeTooBig", "Message size too large")
        conversation = request.match_info["conversation"]
        info, id = stream_of(activity), request.match_info.get("activity", "")
        now = self._clock()
        fault = self._faults.strikes(*FAULTS)
        if fault == "slow":
            await asyncio.sleep(self._faults.waits.get(fault, 1.0))
        elif fault and fault != "lost":
            return self._fault(fault)
        wait = max(self._app.take(now), self._threads[_root(conversation)].take(now))
        if wait and info is None:
            return self._error(429, "Throttled", "API calls quota exceeded", wait)
        new = self.new_id()
        if info is not None and request.method == "POST":
            chat = not conversation.startswith("19:")
            status, body = self.streams.take(activity, info, new_id=new, now=now, chat=chat)
            if info.get("streamType") != "final" or status >= 400:
                return self._answer(status, body)
            new = str(info.get("streamId") or new)
        if request.method == "PUT":
            new = id
        if activity["type"] == "message":
            reply_to = id if request.method == "POST" else ""
            text = activity.get("text")
            said = Said(
                conversation,
                new,
                text if isinstance(text, str) else "",
                now,
                reply_to or str(activity.get("replyToId") or ""),
                activity,
            )
            await self.transcript.add(said)
        elif activity["type"] == "typing":
            self.typing[conversation] += 1
        if fault == "lost":
            return self._fault("502")
        return self._answer(*_taken(request.method, new, streamed=info is not None))

    async def _delete(self, request: web.Request) -> web.Response:
        return self._refusal(request) or self._answer(200, {})

    async def _create(self, request: web.Request) -> web.Response:
        """A new conversation with the members named; the activity in it is its first message."""
        body = await json_body(request)
        if not self._authorized(request):
            return self._error(401, "Unauthorized", "Authorization has been denied")
        if body is None or not isinstance(body.get("members"), list):
            return self._error(400, "BadSyntax", "members are needed")
        conversation = f"a:{self.new_id()}"
        self.members[conversation] = body["members"]
        answer = {"id": conversation, "serviceUrl": f"{request.url.origin()}/teams/"}
        first = body.get("activity")
        if isinstance(first, dict):
            answer["activityId"] = id = self.new_id()
            text = str(first.get("text") or "")
            await self.transcript.add(Said(conversation, id, text, self._clock(), "", first))
        return self._answer(201, answer)

    async def _roster(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        members = self.members[_root(request.match_info["conversation"])]
        if wanted := request.match_info.get("member"):
            found = [m for m in members if wanted in (m.get("id"), m.get("aadObjectId"))]
            if not found:
                return self._error(404, "MemberNotFoundInConversation", "no such member")
            return self._answer(200, found[0])
        paged = request.path.endswith("/pagedmembers")
        return self._answer(200, {"members": members} if paged else members)

    def _refusal(self, request: web.Request) -> web.Response | None:
        """401 without a token of ours, 404 and 403 where the bot is not."""
        if not self._authorized(request):
            return self._error(401, "Unauthorized", "Authorization has been denied")
        conversation = _root(request.match_info["conversation"])
        if conversation in self.left:
            return self._error(403, "BotNotInConversationRoster", "The bot is not part of it")
        if conversation not in self.members:
            return self._error(404, "ConversationNotFound", "Conversation not found")
        return None

    def _authorized(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        return self._tokens is None or self._tokens.knows(given)

    def _fault(self, name: str) -> web.Response:
        wait = self._faults.waits.get(name, 1.0 if name == "429" else 0.0)
        return self._error(int(name), CODES.get(name, "ServiceError"), "by request", wait)

    def _error(self, status: int, code: str, message: str, wait: float = 0.0) -> web.Response:
        response = self._answer(status, {"error": {"code": code, "message": message}})
        if wait:
            response.headers["Retry-After"] = str(max(1, -int(-wait // 1)))
        return response

    def _answer(self, status: int, body: Any) -> web.Response:
        self.answered[status] += 1
        if not body:
            return web.Response(status=status)
        return web.json_response(body, status=status)


def _taken(method: str, id: str, *, streamed: bool) -> tuple[int, dict[str, str]]:
    """The answer to what was taken; the last of a stream says nothing, its id is known."""
    if method != "POST":
        return 200, {"id": id}
    return (202, {}) if streamed else (201, {"id": id})


def _root(conversation: str) -> str:
    """A thread of a channel belongs to the channel."""
    return conversation.partition(";messageid=")[0]
