"""WhatsApp, through Meta's Cloud API.

Source: developers.facebook.com, "WhatsApp Cloud API". One app and one webhook serve all bots;
the business number that an update is about selects the bot.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.channels.send_rate import SendRate
from shared.channels.whatsapp import outbound
from shared.channels.whatsapp.billed import country_of
from shared.channels.whatsapp.graph import NumberThrottled, message_id
from shared.channels.whatsapp.inbound import received
from shared.clients.http import HttpClient, Response
from shared.errors import PermanentError, Rejected
from shared.identity.secrets import Secrets
from shared.identity.signature import same, signed
from shared.parse import json_object
from shared.ports.channel import Received, Request
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.media.file import Attached
    from shared.media.files import Files

MAX_BODY_BYTES = 3_500_000
"""Meta sends at most 3 MB."""

MAX_AGE = 8 * 24 * 3600.0
"""Seconds after which a message is a replay: Meta tries for 7 days, duplicates are known for 8."""

_CHALLENGE = re.compile(r"[0-9A-Za-z_-]{1,128}")

WRONG_TOKENS_A_MINUTE = 10
"""Handshakes with a wrong token that a process of the cloud answers; then none for the minute."""

PER_SECOND = 80.0
"""Messages a second that Meta takes from a number by default (docs, "Throughput")."""


class WhatsAppChannel:
    """WhatsApp for all bots; `bots` by id.

    `limits` are Meta's pair rate, one message in 6 s to one person with a burst of 45; the
    rate of a number is kept in `send`.
    """

    typing_after: float = 0.0
    has_receipts = True
    limits: Sequence[tuple[int, float]] = ((45, 270.0),)

    def __init__(
        self,
        bots: Mapping[str, Bot],
        settings: Settings,
        http: HttpClient,
        *,
        secrets: Secrets | None = None,
        files: "Callable[[], Files] | None" = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secrets = secrets or Secrets(http, local=settings.local, clock=clock)
        self._bots = {
            bot.channels.whatsapp.phone_number_id: bot
            for bot in bots.values()
            if bot.channels.whatsapp
        }
        self._settings = settings
        self._http = http
        self._files = files
        self._clock = clock
        self._rate = SendRate()
        self._wrong_tokens: list[float] = []

    def verify(self, query: Mapping[str, str]) -> str:
        """The challenge of Meta's handshake, to be answered as text. Raises Rejected.

        The host drops empty query values, so any of the three may be missing.
        """
        if not self._settings.whatsapp_app_secrets:
            raise Rejected(503, "no_app_secret")
        expected = self._settings.whatsapp_verify_token
        self._slow_guesses()
        known = same(query.get("hub.verify_token", ""), expected) and bool(expected)
        if not known:
            self._wrong_tokens.append(self._clock())
        if not known or query.get("hub.mode") != "subscribe":
            raise Rejected(403, "wrong_verify_token")
        challenge = query.get("hub.challenge", "")
        if not _CHALLENGE.fullmatch(challenge):
            raise Rejected(400, "bad_challenge")
        return challenge

    def _slow_guesses(self) -> None:
        """Raises Rejected 429, whatever the token is, after too many wrong ones."""
        now = self._clock()
        self._wrong_tokens = [at for at in self._wrong_tokens if at > now - 60]
        if len(self._wrong_tokens) >= WRONG_TOKENS_A_MINUTE and not self._settings.local:
            after = self._wrong_tokens[0] + 60 - now
            raise Rejected(429, "too_many_handshakes", after=after)

    async def receive(self, request: Request) -> Received:
        """All updates of one POST. A signed body is never refused for what it says."""
        if not self._settings.whatsapp_app_secrets:
            raise Rejected(503, "whatsapp_not_configured")
        if len(request.body) > MAX_BODY_BYTES:
            raise Rejected(413, "body_too_large")
        if not await self._signed(request):
            raise Rejected(401, "bad_signature")
        body = json_object(request.body, cap=MAX_BODY_BYTES)
        max_age = float("inf") if self._settings.local else MAX_AGE
        return received(body, self._bots, now=self._clock(), max_age=max_age)

    async def _signed(self, request: Request) -> bool:
        """Whether one of the app secrets signed it, one that is new in the vault included."""
        signature = request.headers.get("x-hub-signature-256", "")
        for value in self._settings.whatsapp_app_secrets:
            secret = await self._secrets.get(value)
            if signed(request.body, signature, _listed(secret)):
                return True
            newer = await self._secrets.get(value, refused=secret)
            if newer != secret and signed(request.body, signature, _listed(newer)):
                return True
        return False

    def bills(self, reference: ConversationReference) -> str:
        """An answer, in the country of the person."""
        return f"whatsapp.service.{country_of(reference.conversation, reference.user)}"

    def split(self, activity: Activity) -> list[Activity]:
        return outbound.split(activity)

    async def send(self, bot: Bot, reference: ConversationReference, activity: Activity) -> str:
        """Send a message, or mark `reference.reply_to` as read with `typing`."""
        table = bot.channels.whatsapp
        if table is None:
            raise PermanentError(
                "whatsapp_not_configured", f"bots/{bot.id}.toml: no [channels.whatsapp]"
            )
        number = table.phone_number_id
        if activity.type == "typing" and reference.reply_to:
            body = outbound.read_and_typing(reference.reply_to)
        elif activity.is_message:
            if len(outbound.split(activity)) > 1:
                raise PermanentError("too_long", "one WhatsApp message cannot hold it: split it")
            activity = await self._presented(number, reference, activity)
            body = outbound.body(activity, reference)
        else:
            return ""
        if activity.is_message:
            await self._rate.wait(number, min(PER_SECOND, table.requests_per_second or PER_SECOND))
        response = await self._post(number, "messages", json=body)
        try:
            return message_id(response, fetches=outbound.has_link(body))
        except NumberThrottled as error:
            self._rate.answered(number, throttled=True, after=error.after, whole=True)
            raise

    async def _presented(
        self, number: str, reference: ConversationReference, activity: Activity
    ) -> Activity:
        """The part with its file uploaded, once, however often it is sent."""
        if not activity.attachments or self._files is None:
            return activity
        from shared.channels.whatsapp import outgoing

        files, key = self._files(), reference.key

        async def upload(file: "Attached") -> str:
            if known := await files.uploaded(key, file.id):
                return known
            headers, body = outgoing.form(file, await files.content(key, file.id))
            response = await self._post(number, "media", headers=headers, body=body)
            if id := outgoing.media_id(response):
                await files.note_upload(key, file.id, id, outgoing.UPLOADED_SECONDS)
            return id

        return await outgoing.presented(activity, upload, partial(files.link, key))

    async def _post(
        self,
        number: str,
        what: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: dict[str, Any] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Call Graph for a number; a token that it refuses is renewed once."""
        value = self._settings.whatsapp_access_token
        if not value:
            raise PermanentError(
                "whatsapp_not_configured", "no access token: set FABRIC_WHATSAPP_ACCESS_TOKEN"
            )
        url = f"{self._settings.whatsapp_graph_url}/{quote(number, safe='')}/{what}"
        refused = ""
        for _ in range(2):
            token = await self._secrets.get(value, refused=refused)
            if token == refused:
                break
            response = await self._http.request(
                "POST",
                url,
                headers={**(headers or {}), "authorization": f"Bearer {token}"},
                json=json,
                body=body,
            )
            if response.status != 401:
                break
            refused = token
        return response

    async def check(self) -> str:
        if not self._settings.whatsapp_app_secrets:
            return "no app secret: set FABRIC_WHATSAPP_APP_SECRET"
        if not self._settings.whatsapp_access_token:
            return "no access token: replies cannot be sent; set FABRIC_WHATSAPP_ACCESS_TOKEN"
        return ""


def _listed(secrets: str) -> list[str]:
    """A secret in a vault may be two, as in the setting, while one replaces the other."""
    return [secret.strip() for secret in secrets.split(",")]
