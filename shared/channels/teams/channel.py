"""Microsoft Teams, through the Bot Connector.

Source: bot-docs, "Bot Framework REST connector"; learn.microsoft.com, "Teams bots" (limits).
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.activity import Activity, ConversationReference
from shared.bot import Bot
from shared.bot import TeamsChannel as TeamsTable
from shared.channels.send_rate import SendRate
from shared.channels.service_url import allowed
from shared.channels.teams import connector, message, text
from shared.channels.teams.access import (
    ADVICE,
    LOCAL_CHANNELS,
    check_envelope,
    check_loopback,
    check_tenant,
    check_token_binding,
)
from shared.clients.http import HttpClient, Response
from shared.errors import PermanentError, Rejected
from shared.event import event_id
from shared.identity.bot_token import BotTokens
from shared.identity.cloud import CLOUDS
from shared.identity.connector_jwt import ConnectorToken, ConnectorTokens
from shared.identity.credential import ManagedIdentities
from shared.identity.openid_keys import OpenIdKeys
from shared.identity.secrets import Secrets
from shared.observability import log
from shared.parse import json_object
from shared.ports.channel import Inbound, Received, Request
from shared.settings import BOTFRAMEWORK_OPENID_URL, Settings
from shared.text.clean import LONGEST_NAME, one_line

if TYPE_CHECKING:
    from shared.media.file import Attached
    from shared.media.files import Files

MAX_BODY_BYTES = 256 * 1024


class TeamsChannel:
    """Teams for all bots; `bots` by id."""

    typing_after: float = 1.0
    has_receipts = False
    limits: Sequence[tuple[int, float]] = ((7, 1), (8, 2), (60, 30), (1800, 3600))

    def __init__(
        self,
        bots: Mapping[str, Bot],
        settings: Settings,
        http: HttpClient,
        *,
        secrets: Secrets | None = None,
        identities: ManagedIdentities | None = None,
        files: "Callable[[], Files] | None" = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bots = bots
        self._local = settings.local
        self._service_hosts = settings.teams_service_hosts if settings.local else frozenset()
        self._http = http
        self._files = files
        self._rate = SendRate()
        self._openid_url, self._clock = settings.teams_openid_url, clock
        self._inbound: dict[str, tuple[OpenIdKeys, ConnectorTokens]] = {}
        self.tokens = BotTokens(
            settings.teams_token_url,
            http,
            secrets=secrets or Secrets(http, local=settings.local, clock=clock),
            identities=identities,
            clock=clock,
        )

    async def receive(self, request: Request) -> Received:
        """One activity. Raises Rejected; Unavailable when there are no keys to check tokens by."""
        bot = self._bots.get(request.path.get("bot", ""))
        if bot is None or (teams := bot.channels.teams) is None:
            raise Rejected(404, "unknown_bot")
        try:
            return await self._receive(request, bot, teams)
        except Rejected as refusal:
            if compare := ADVICE.get(refusal.reason):
                log.warning("teams.rejected", bot=bot.id, reason=refusal.reason, compare=compare)
            raise

    async def _receive(self, request: Request, bot: Bot, teams: TeamsTable) -> Received:
        if len(request.body) > MAX_BODY_BYTES:
            raise Rejected(413, "body_too_large")
        media_type = request.headers.get("content-type", "").partition(";")[0]
        if media_type.strip().lower() != "application/json":
            raise Rejected(415, "not_json")
        token = await self._authenticate(request, teams)
        activity = Activity(json_object(request.body, cap=MAX_BODY_BYTES))
        check_envelope(activity)
        if token is not None:
            check_token_binding(activity, token, teams.app_id)
        elif activity.channel_id not in LOCAL_CHANNELS:
            raise Rejected(403, "unknown_local_channel")
        if not self._may_call(teams, activity.service_url):
            raise Rejected(403, "service_url_not_allowed")
        reference = _reference(bot, activity, check_tenant(activity, teams))
        if activity.is_message and _from_bot(activity):
            return Received(ignored=["from_bot"])
        if reference.is_group and activity.recipient.get("isTargeted") is True:
            alone = _text(activity.sender.get("id"))
            if not alone:
                return Received(ignored=["targeted_by_nobody"])
            reference = replace(reference, alone=alone)
        if not activity.id:
            activity["id"] = event_id(bot.id, hashlib.sha256(request.body).hexdigest())
        text.read(activity)
        return Received(activities=[Inbound(bot, reference, activity)])

    def split(self, activity: Activity) -> list[Activity]:
        """Long texts and files of ours apart; `outgoing` is met only where there are some."""
        if not activity.attachments:
            return message.split(activity)
        from shared.channels.teams.outgoing import apart

        return [piece for part in apart(activity) for piece in message.split(part)]

    async def send(self, bot: Bot, reference: ConversationReference, activity: Activity) -> str:
        """Send, reply to `reference.reply_to`, or replace the message `activity["updateId"]`.

        Where one person of a group is spoken to alone, nobody else may see it, typing included.
        """
        teams = bot.channels.teams
        if teams is None:
            raise PermanentError("teams_not_configured", f"bots/{bot.id}.toml: no [channels.teams]")
        if not self._may_call(teams, reference.service_url):
            raise PermanentError("service_url_not_allowed")
        if reference.alone and not activity.is_message:
            return ""
        if activity.attachments:
            activity = await self._presented(reference, activity)
        update_id = activity.get("updateId")
        method, segments = "POST", ["conversations", reference.conversation, "activities"]
        if update_id:
            method, segments = "PUT", [*segments, str(update_id)]
        elif reference.reply_to and activity.type != "typing" and not reference.alone:
            segments.append(reference.reply_to)
        url = f"{reference.service_url.removesuffix('/')}/v3/{connector.path(segments)}"
        if reference.alone:
            url += "?isTargetedActivity=true"
        await self._rate.wait(bot.id, teams.requests_per_second)
        response = await self._call(bot, teams, method, url, message.body(activity, reference))
        throttled = response.status == 429
        after = response.retry_after if throttled else None
        self._rate.answered(bot.id, throttled=throttled, after=after)
        return connector.message_id(response) or str(update_id or "")

    async def _presented(self, reference: ConversationReference, activity: Activity) -> Activity:
        from shared.channels.teams.outgoing import presented

        async def link(file: "Attached") -> str:
            return await self._files().link(reference.key, file) if self._files else ""

        return await presented(activity, reference, link)

    async def check(self) -> str:
        errors = {keys.error for keys, _ in self._inbound.values() if keys.error}
        return "; ".join(f"connector keys: {error}" for error in sorted(errors))

    async def _authenticate(self, request: Request, teams: TeamsTable) -> ConnectorToken | None:
        """The connector's token; None for a local caller of a bot without app id."""
        if teams.app_id or not self._local:
            authorization = request.headers.get("authorization", "")
            _, tokens = self._trusted(teams.cloud)
            return await tokens.validate(authorization, teams.app_id)
        check_loopback(request.headers)
        return None

    def _trusted(self, cloud: str) -> tuple[OpenIdKeys, ConnectorTokens]:
        """The keys of a cloud's connector, unless the settings name others, and what they sign."""
        if cloud not in self._inbound:
            url = self._openid_url
            if url == BOTFRAMEWORK_OPENID_URL:
                url = CLOUDS[cloud].openid_url
            keys = OpenIdKeys(url, self._http, local=self._local, clock=self._clock)
            tokens = ConnectorTokens(keys, CLOUDS[cloud].issuer, clock=self._clock)
            self._inbound[cloud] = keys, tokens
        return self._inbound[cloud]

    def _may_call(self, teams: TeamsTable, service_url: str) -> bool:
        loopback = self._local and not teams.app_id
        extra = self._service_hosts
        return allowed(service_url, cloud=teams.cloud, extra=extra, loopback=loopback)

    async def _call(
        self, bot: Bot, teams: TeamsTable, method: str, url: str, body: dict[str, Any]
    ) -> Response:
        """Call the connector; a token it refuses is renewed once."""
        if not teams.app_id:
            return await self._http.request(method, url, json=body)
        for _ in range(2):
            token = await self.tokens.get(bot, teams)
            headers = {"authorization": f"Bearer {token}"}
            response = await self._http.request(method, url, headers=headers, json=body)
            if response.status != 401:
                break
            self.tokens.drop(teams, token)
        return response


def _reference(bot: Bot, activity: Activity, tenant: str) -> ConversationReference:
    sender, conversation = activity.sender, activity.conversation
    return ConversationReference(
        bot=bot.id,
        channel="teams",
        conversation=conversation["id"],
        user=_text(sender.get("aadObjectId")) or _text(sender.get("id")),
        user_name=one_line(_text(sender.get("name")), LONGEST_NAME),
        account=_text(activity.recipient.get("id")),
        tenant=tenant,
        service_url=activity.service_url,
        channel_id=activity.channel_id,
        locale=activity.locale,
        is_group=conversation.get("isGroup") is True
        or conversation.get("conversationType") in ("groupChat", "channel"),
        reply_to=activity.id,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _from_bot(activity: Activity) -> bool:
    """Whether a bot speaks, this one included: two bots must not talk for ever."""
    sender = activity.sender
    own = sender.get("id") is not None and sender.get("id") == activity.recipient.get("id")
    return own or sender.get("role") == "bot"
