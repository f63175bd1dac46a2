"""Meta's Graph API, `POST /{phone_number_id}/messages`: who may send what to whom, how often.

Source: Meta docs, "Throughput" (130429), "Pair rate limits" (131056), "Customer service
windows" (131047), "Typing indicators", "Cloud API error codes".
"""

import asyncio
import hashlib
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from simulators.faults import Faults
from simulators.server import json_body
from simulators.transcript import Said, Transcript
from simulators.whatsapp_message import STATUSES, error, problem, text_of
from simulators.window import Bucket, Windows

WINDOW = 24 * 3600.0
"""Seconds after a person's last message in which anything but a template may be sent."""

PER_SECOND = 80
"""Messages a second from one number."""

PAIR = (45, 6.0)
"""To one person: so many at once, and one more each 6 seconds."""

FAULTS = {
    "130429": "the number sends too fast (seconds: a Retry-After; Meta gives none)",
    "131000": "something went wrong, HTTP 500",
    "131047": "refused as if the person had not written for 24 hours",
    "131056": "too many messages to this person",
    "500": "an answer without an error code",
    "lost": "the message is taken, and HTTP 500 answered all the same",
    "slow": "the answer takes its time (seconds: 1)",
    "failed": "taken, and reported later as failed with code 131026",
}
_REFUSING = ("130429", "131000", "131047", "131056", "500")

Report = Callable[[str, str, Mapping[str, Any], bool], None]
"""Called with id, phone number, body, and whether it fails later, for each message taken."""


class Graph:
    """One number. `answered` counts by error code, 200 for what was taken."""

    def __init__(
        self,
        number: str,
        access_token: str,
        faults: Faults,
        report: Report,
        *,
        clock: Callable[[], float] = time.time,
        per_second: int = PER_SECOND,
        pair: tuple[int, float] = PAIR,
    ) -> None:
        self.transcript = Transcript()
        self.answered: Counter[int] = Counter()
        self.read: list[str] = []
        """Ids of people's messages that the bot marked as read."""
        self._number = number
        self._access_token = access_token
        self._faults = faults
        self._report = report
        self._clock = clock
        self._rate = Windows([(per_second, 1.0)])
        self._pairs: defaultdict[str, Bucket] = defaultdict(lambda: Bucket(*pair))
        self._wrote: dict[str, float] = {}
        self._user_ids: dict[str, str] = {}
        self._known: set[str] = set()

    def heard(self, user: str, id: str, at: float) -> None:
        """A person wrote at the Unix time `at`: their window is open for a day from then."""
        self._wrote[user] = max(at, self._wrote.get(user, 0.0))
        self._user_ids[user_id(user)] = user
        self._known.add(id)

    async def messages(self, request: web.Request) -> web.Response:
        """Token, number, form, then a fault, then window and rates: the first that refuses."""
        if request.headers.get("Authorization") != f"Bearer {self._access_token}":
            return self._refused(190)
        if request.match_info["number"] != self._number:
            return self._refused(33, "unknown phone_number_id")
        body = await json_body(request)
        if body is None:
            return self._refused(100, "not a JSON object")
        if body.get("status") == "read":
            return self._marked(body)
        if wrong := problem(body):
            return self._refused(*wrong)
        fault = self._faults.strikes(*FAULTS)
        if fault == "slow":
            await asyncio.sleep(self._faults.waits.get(fault, 1.0))
        elif fault in _REFUSING:
            return self._struck(fault)
        address = str(body.get("to") or body["recipient"])
        user = self._user_ids.get(address, address.lstrip("+"))
        return self._limited(user, body) or await self._take(user, body, fault)

    def _limited(self, user: str, body: Mapping[str, Any]) -> web.Response | None:
        now = self._clock()
        if body["type"] != "template" and now - self._wrote.get(user, 0.0) > WINDOW:
            return self._refused(131047, "more than 24 hours since the person wrote")
        if self._rate.take(now):
            return self._refused(130429)
        return self._refused(131056) if self._pairs[user].take(now) else None

    async def _take(self, user: str, body: dict[str, Any], fault: str) -> web.Response:
        id, context = f"wamid.{secrets.token_hex(12)}", body.get("context")
        reply_to = str(context.get("message_id", "")) if isinstance(context, dict) else ""
        await self.transcript.add(Said(user, id, text_of(body), self._clock(), reply_to, body))
        self._report(id, user, body, fault == "failed")
        if fault == "lost":
            return self._struck("500")
        self.answered[200] += 1
        contact = {"input": user, "wa_id": user, "user_id": user_id(user)}
        return web.json_response(
            {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": id}]}
        )

    def _marked(self, body: Mapping[str, Any]) -> web.Response:
        """Read receipt and typing indicator: for a message that a person wrote, no other."""
        if body.get("message_id") not in self._known:
            return self._refused(131009, "no such message")
        self.read.append(str(body["message_id"]))
        return web.json_response({"success": True})

    def _struck(self, fault: str) -> web.Response:
        if fault == "500":
            self.answered[500] += 1
            return web.Response(status=500)
        response = self._refused(int(fault))
        if wait := self._faults.waits.get(fault):
            response.headers["Retry-After"] = f"{wait:g}"
        return response

    def _refused(self, code: int, details: str = "") -> web.Response:
        self.answered[code] += 1
        return web.json_response(error(code, details), status=STATUSES.get(code, 400))


def user_id(phone: str) -> str:
    """The business-scoped id of who has this number: a country and digits."""
    return f"NL.{int(hashlib.sha256(phone.encode()).hexdigest()[:13], 16)}"
