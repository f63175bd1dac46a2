"""The token a bot shows to the connector: OAuth 2.0 client credentials, cached.

Source: bot-docs, "Authenticate requests from your bot to the Bot Connector service".
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shared.bot import TEAMS_CREDENTIALS, Bot, TeamsChannel
from shared.clients.http import HttpClient, Response
from shared.errors import PermanentError, Unavailable
from shared.identity import entra_error
from shared.identity.client_assertion import TYPE, client_assertion
from shared.identity.cloud import CLOUDS
from shared.identity.credential import ManagedIdentities
from shared.identity.secrets import Secrets
from shared.settings import ENTRA_TOKEN_URL

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
        self,
        token_url: str,
        http: HttpClient,
        *,
        secrets: Secrets | None = None,
        identities: ManagedIdentities | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._token_url = token_url
        self._http = http
        self._secrets = secrets or Secrets(http)
        self._identities = identities or ManagedIdentities()
        self._clock = clock
        self._tokens: dict[tuple[str, str], _Token] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    async def get(self, bot: Bot, teams: TeamsChannel) -> str:
        """A token for `teams`, the table of `bot`; renewed when 80 % of its life is over.

        Raises Unavailable, naming the bot and the key to correct when that is what it takes, or
        PermanentError for a table without credentials.
        """
        key = self._key(teams)
        token = self._tokens.get(key)
        if token is not None and self._clock() < token.refresh_at:
            return token.value
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
        url = self._token_url
        if url == ENTRA_TOKEN_URL:
            url = CLOUDS[teams.cloud].token_url
        return url.replace("{tenant}", quote(teams.tenant_id, safe="")), teams.app_id

    async def _request(self, bot: Bot, teams: TeamsChannel, url: str) -> _Token:
        if teams.app_type == "UserAssignedMSI":
            own, expires_at = await self._of_identity(
                bot, "app_id", teams.app_id, CLOUDS[teams.cloud].scope
            )
            return self._kept(own, expires_at - self._clock())
        name = _credential(bot, teams)
        secret = await self._secrets.get(getattr(teams, name))
        response, answer = await self._ask(bot, teams, url, secret)
        if answer.get("error") == "invalid_client":
            newer = await self._secrets.get(getattr(teams, name), refused=secret)
            if newer != secret:
                response, answer = await self._ask(bot, teams, url, newer)
        value, lifetime = answer.get("access_token"), str(answer.get("expires_in"))
        if response.status == 200 and isinstance(value, str) and value:
            return self._kept(value, float(lifetime) if lifetime.isdecimal() else 0.0)
        raise _failure(bot, name, response, answer)

    def _kept(self, value: str, seconds: float) -> _Token:
        now = self._clock()
        return _Token(value, now + REFRESH_AT * seconds, now + seconds)

    async def _ask(
        self, bot: Bot, teams: TeamsChannel, url: str, secret: str
    ) -> tuple[Response, dict[str, Any]]:
        form = {
            "grant_type": "client_credentials",
            "client_id": teams.app_id,
            "scope": CLOUDS[teams.cloud].scope,
            **await self._proof(bot, teams, url, secret),
        }
        response = await self._http.request("POST", url, form=form)
        answer = response.json()
        return response, answer if isinstance(answer, dict) else {}

    async def _proof(self, bot: Bot, teams: TeamsChannel, url: str, secret: str) -> dict[str, str]:
        """The form fields that prove who asks; `secret` is what the key in use stands for."""
        name = _credential(bot, teams)
        if name == "client_secret":
            return {"client_secret": secret}
        if name == "federated_client_id":
            assertion, _ = await self._of_identity(bot, name, secret, CLOUDS[teams.cloud].exchange)
            return {"client_assertion_type": TYPE, "client_assertion": assertion}
        password = await self._secrets.get(teams.certificate_password)
        try:
            certificate = certificate_file(secret) if name == "certificate_path" else secret
            assertion = client_assertion(
                certificate, password, client_id=teams.app_id, audience=url
            )
        except (ValueError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise Unavailable(
                f"bots/{bot.id}.toml: {name} in [channels.teams]: {reason}; give the certificate "
                "with its private key as PEM or PKCS#12, and its certificate_password if it has one"
            ) from error
        return {"client_assertion_type": TYPE, "client_assertion": assertion}

    async def _of_identity(
        self, bot: Bot, name: str, client_id: str, scope: str
    ) -> tuple[str, float]:
        try:
            token = await self._identities.token(client_id, scope)
        except Unavailable as error:
            raise Unavailable(
                f"bots/{bot.id}.toml: {error}; assign the user-assigned identity whose client id "
                f"is {name} to the Function App, or correct {name} in [channels.teams]"
            ) from error
        return token.token, float(token.expires_on)


def _credential(bot: Bot, teams: TeamsChannel) -> str:
    """The key of the table that proves who asks."""
    name = next((name for name in TEAMS_CREDENTIALS if getattr(teams, name)), "client_secret")
    for key in ("tenant_id", name):
        if not getattr(teams, key):
            raise PermanentError(
                "bot_credentials_missing", f"bots/{bot.id}.toml: set {key} in [channels.teams]"
            )
    return name


def certificate_file(path: str) -> str:
    """A certificate's file as text: PEM as it is, anything else in base64."""
    import base64

    raw = Path(path).read_bytes()
    return raw.decode() if b"-----BEGIN" in raw else base64.b64encode(raw).decode()


def _failure(bot: Bot, credential: str, response: Response, answer: dict[str, Any]) -> Unavailable:
    """Refused credentials are mended by an operator, or by the rotation that is under way."""
    busy = response.status in (408, 429) or not 400 <= response.status < 500
    if busy or answer.get("error") == "temporarily_unavailable":
        return Unavailable(f"token endpoint answers {response.status}", after=response.retry_after)
    return Unavailable(
        f"bots/{bot.id}.toml: the token endpoint answers {response.status}, "
        f"{entra_error.explain(answer, credential)}"
    )
