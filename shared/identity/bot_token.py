"""The token a bot shows to the connector: OAuth 2.0 client credentials, cached.

Source: bot-docs, "Authenticate requests from your bot to the Bot Connector service".
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from shared.bot import Bot, TeamsChannel
from shared.errors import ConfigurationError, PermanentError, Unavailable
from shared.http import HttpClient, Response

SCOPE = "https://api.botframework.com/.default"
REFRESH_AT = 0.8
MARGIN = 60


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    refresh_at: float
    expires_at: float


class BotTokens:
    """Connector tokens per (authority, client); concurrent callers share one request."""

    def __init__(
        self, token_url: str, http: HttpClient, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._token_url = token_url
        self._http = http
        self._clock = clock
        self._tokens: dict[tuple[str, str], _Token] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def get(self, bot: Bot, teams: TeamsChannel) -> str:
        """A token for `teams`, the table of `bot`; renewed when 80 % of its life is over.

        Raises Unavailable, or PermanentError naming the bot and the keys to correct.
        """
        key = self._key(teams)
        async with self._locks.setdefault(key, asyncio.Lock()):
            token, now = self._tokens.get(key), self._clock()
            if token is None or now >= token.refresh_at:
                try:
                    token = self._tokens[key] = await self._request(bot, teams, key[0])
                except Unavailable:
                    if token is None or now >= token.expires_at - MARGIN:
                        raise
            return token.value

    def drop(self, teams: TeamsChannel, value: str) -> None:
        """Forget a token that the connector refused, unless it was renewed meanwhile."""
        key = self._key(teams)
        token = self._tokens.get(key)
        if token is not None and token.value == value:
            del self._tokens[key]

    def _key(self, teams: TeamsChannel) -> tuple[str, str]:
        return self._token_url.replace("{tenant}", quote(teams.tenant_id, safe="")), teams.app_id

    async def _request(self, bot: Bot, teams: TeamsChannel, url: str) -> _Token:
        response = await self._http.request(
            "POST",
            url,
            form={"grant_type": "client_credentials", "scope": SCOPE, **_credential(bot, teams)},
        )
        answer = response.json()
        answer = answer if isinstance(answer, dict) else {}
        value, lifetime = answer.get("access_token"), str(answer.get("expires_in"))
        if response.status == 200 and isinstance(value, str) and value:
            seconds = float(lifetime) if lifetime.isdecimal() else 0.0
            now = self._clock()
            return _Token(value, now + REFRESH_AT * seconds, now + seconds)
        raise _failure(bot, response, answer)


def _credential(bot: Bot, teams: TeamsChannel) -> dict[str, str]:
    """The form fields that prove who asks."""
    if teams.app_type == "UserAssignedMSI":
        raise ConfigurationError(
            f"bots/{bot.id}.toml: [channels.teams] app_type UserAssignedMSI cannot send yet; "
            'for now write app_type = "SingleTenant" with a client_secret'
        )
    for key in ("tenant_id", "client_secret"):
        if not getattr(teams, key):
            raise PermanentError(
                "bot_credentials_missing", f"bots/{bot.id}.toml: set {key} in [channels.teams]"
            )
    return {"client_id": teams.app_id, "client_secret": teams.client_secret}


def _failure(bot: Bot, response: Response, answer: dict[str, Any]) -> Exception:
    error = answer.get("error")
    busy = response.status in (408, 429) or not 400 <= response.status < 500
    if busy or error == "temporarily_unavailable":
        return Unavailable(f"token endpoint answers {response.status}", after=response.retry_after)
    what = error if isinstance(error, str) else f"status {response.status}"
    return PermanentError(
        "bot_credentials_refused",
        f"bots/{bot.id}.toml: the token endpoint answers {what}; check app_id, client_secret "
        "and tenant_id in [channels.teams]",
    )
