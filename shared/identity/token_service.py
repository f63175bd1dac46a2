"""The token service of Bot Framework: it keeps what people signed in with, so that we need not.

A bot has there, on its Azure Bot, an OAuth connection setting for our app in Entra; people are
known by what a channel calls them.

Source: learn.microsoft.com, "Add single sign-on to a Teams bot"; routes as
microsoft/Agents-for-python calls them.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from shared import wire
from shared.activity import Activity
from shared.bot import Bot, TeamsChannel
from shared.clients.http import HttpClient, Response
from shared.errors import Unavailable
from shared.identity.bot_token import BotTokens
from shared.identity.cloud import CLOUDS
from shared.observability import log
from shared.person import Holder


@dataclass(frozen=True, slots=True)
class Offer:
    """What a card to sign in needs: a link for the browser, and what a client may exchange."""

    link: str
    exchange: Mapping[str, Any]


class TokenService:
    """`tokens` are what bots show there, the same as to the connector."""

    def __init__(self, url: str, http: HttpClient, tokens: BotTokens) -> None:
        self._url, self._http, self._tokens = url.rstrip("/"), http, tokens

    async def token(self, bot: Bot, holder: Holder, code: str = "") -> str:
        """Return the token that is kept, "" for none; with `code` the one that it stands for."""
        query = {**_query(bot, holder), **({"code": code} if code else {})}
        response = await self._call(bot, "GET", "usertoken/GetToken", query)
        return _token(response.json()) if response.status == 200 else ""

    async def token_or_offer(
        self, bot: Bot, holder: Holder, activity: Activity
    ) -> tuple[str, Offer | None]:
        """Return the token that is kept, or what it takes to sign in."""
        query = {**_query(bot, holder), "state": _state(bot, activity)}
        response = await self._call(bot, "GET", "usertoken/GetTokenOrSignInResource", query)
        answer = response.json()
        answer = answer if response.status == 200 and isinstance(answer, dict) else {}
        if token := _token(answer.get("tokenResponse")):
            return token, None
        resource = answer.get("signInResource")
        link = resource.get("signInLink") if isinstance(resource, dict) else None
        if not isinstance(resource, dict) or not isinstance(link, str) or not link:
            raise Unavailable(
                f"token service answers {response.status}; compare connection in [channels.teams] "
                f"of bots/{bot.id}.toml with the OAuth connection settings of its Azure Bot"
            )
        exchange = resource.get("tokenExchangeResource")
        return "", Offer(link, exchange if isinstance(exchange, dict) else {})

    async def exchange(self, bot: Bot, holder: Holder, token: str) -> str:
        """Have a client's own token exchanged and kept; "" when the service does not take it.

        So it is while the person, or an administrator, has yet to consent.
        """
        query, body = _query(bot, holder), {"token": token}
        response = await self._call(bot, "POST", "usertoken/exchange", query, body)
        if response.status == 200:
            return _token(response.json())
        log.warning("sign_in.exchange", bot=bot.id, status=response.status)
        return ""

    async def sign_out(self, bot: Bot, holder: Holder) -> None:
        """Have the service forget the person."""
        await self._call(bot, "DELETE", "usertoken/SignOut", _query(bot, holder))

    async def _call(
        self,
        bot: Bot,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, str] | None = None,
    ) -> Response:
        """Raises Unavailable when it does not answer, or does not know the bot."""
        teams = _table(bot)
        base = self._url or CLOUDS[teams.cloud].token_service_url
        url = f"{base}/api/{path}?{urlencode(query)}"
        for _ in range(2):
            shown = await self._tokens.get(bot, teams)
            headers = {"authorization": f"Bearer {shown}"}
            response = await self._http.request(method, url, headers=headers, json=body)
            if response.status != 401:
                break
            self._tokens.drop(teams, shown)
        if response.status in (401, 403, 408, 429) or response.status >= 500:
            raise Unavailable(
                f"token service answers {response.status}", after=response.retry_after
            )
        return response


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a client of Teams posts to have somebody signed in: `id` is that of the card."""

    id: str
    connection: str
    token: str = field(repr=False)

    @classmethod
    def of(cls, activity: Activity) -> Self:
        value = activity.value if isinstance(activity.value, dict) else {}
        texts = (value.get(name) for name in ("id", "connectionName", "token"))
        return cls(*(text if isinstance(text, str) else "" for text in texts))


def _table(bot: Bot) -> TeamsChannel:
    if bot.channels.teams is None:
        raise LookupError(f"bot {bot.id} is not on Teams")
    return bot.channels.teams


def _query(bot: Bot, holder: Holder) -> dict[str, str]:
    return {
        "userId": holder.user,
        "connectionName": _table(bot).connection,
        "channelId": holder.channel,
    }


def _state(bot: Bot, activity: Activity) -> str:
    """What the service's page gives back to the bot's channel: where, and for whom."""
    state = {
        "connectionName": _table(bot).connection,
        "conversation": {
            "activityId": activity.id,
            "bot": activity.recipient,
            "channelId": activity.channel_id,
            "conversation": activity.conversation,
            "serviceUrl": activity.service_url,
            "user": activity.sender,
        },
        "msAppId": _table(bot).app_id,
    }
    return base64.b64encode(wire.dumps(state).encode()).decode()


def _token(answer: object) -> str:
    token = answer.get("token") if isinstance(answer, dict) else None
    return token if isinstance(token, str) else ""
