"""An issuer's public signing keys: fetched, cached, and kept while the endpoint is down.

The Bot Connector's and Entra's alike: who they are is said in the OpenID metadata.

Source: bot-docs, "Authenticate requests from the Bot Connector service to your bot".
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.web_address import secure

if TYPE_CHECKING:
    from jwt import PyJWK

FRESH_FOR = 24 * 3600
REFRESH_AHEAD = 3600
USABLE_FOR = 5 * 24 * 3600
UNKNOWN_KID_PAUSE = 300
FAILURE_PAUSE = 10
LOAD_TIMEOUT = 5
MIN_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, and the channel ids it may speak for."""

    jwk: "PyJWK"
    endorsements: frozenset[str]


class OpenIdKeys:
    """The keys behind one OpenID metadata URL.

    `issuer` is what the metadata calls itself; `error` says why the last fetch failed.
    """

    def __init__(
        self,
        url: str,
        http: HttpClient,
        *,
        local: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.error = ""
        self.issuer = ""
        self._url = url
        self._http = http
        self._local = local
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._loaded_at = self._failed_at = self._unknown_at = -inf
        self._loading: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> SigningKey | None:
        """The key of that id, or None. Raises Unavailable when no keys can be had."""
        loaded_at = self._loaded_at
        age = self._clock() - loaded_at
        if age > FRESH_FOR and (age > USABLE_FOR or not self.error):
            await self._load()
        elif age > FRESH_FOR - REFRESH_AHEAD:
            self._start_loading()
        if self._clock() - self._loaded_at > USABLE_FOR:
            raise Unavailable(f"signing keys: {self.error}", after=FAILURE_PAUSE)
        if kid not in self._keys and self._loaded_at == loaded_at and self._may_look_again():
            await self._load()
        return self._keys.get(kid)

    def _may_look_again(self) -> bool:
        """Keys rotate, and strangers invent key ids: one look in a while, shared by all."""
        if self._is_loading:
            return True
        now = self._clock()
        if now - self._unknown_at < UNKNOWN_KID_PAUSE:
            return False
        self._unknown_at = now
        return True

    @property
    def _is_loading(self) -> bool:
        return self._loading is not None and not self._loading.done()

    async def _load(self) -> None:
        self._start_loading()
        if self._loading is not None:
            await asyncio.shield(self._loading)

    def _start_loading(self) -> None:
        """One fetch at a time, and a pause after one that failed."""
        if not self._is_loading and self._clock() - self._failed_at >= FAILURE_PAUSE:
            self._loading = asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(LOAD_TIMEOUT):
                metadata = await self._get(self._url)
                jwks_uri = metadata.get("jwks_uri")
                if not isinstance(jwks_uri, str) or not secure(jwks_uri, local=self._local):
                    raise Unavailable("jwks_uri is not https")
                keys = signing_keys(await self._get(jwks_uri))
            if not keys:
                raise Unavailable("no RSA signing key in the answer")
        except (Unavailable, TimeoutError, ValueError) as error:
            self.error = str(error) or type(error).__name__
            self._failed_at = self._clock()
        else:
            self.error = ""
            self._keys = keys
            self.issuer = str(metadata.get("issuer") or "")
            self._loaded_at = self._clock()

    async def _get(self, url: str) -> dict[str, Any]:
        response = await self._http.request("GET", url)
        document = response.json()
        if response.status != 200 or not isinstance(document, dict):
            raise Unavailable(f"{response.status} without a JSON object")
        return document


def signing_keys(document: dict[str, Any]) -> dict[str, SigningKey]:
    """The usable keys of a JSON Web Key Set by id; others are left out."""
    from jwt import PyJWK, PyJWTError

    keys = {}
    jwks = document.get("keys")
    for jwk in jwks if isinstance(jwks, list) else ():
        if not isinstance(jwk, dict) or not isinstance(kid := jwk.get("kid"), str):
            continue
        if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig":
            continue
        try:
            key = PyJWK(jwk, algorithm="RS256")
        except (PyJWTError, ValueError, TypeError):
            continue
        if "d" in jwk or key.key.key_size < MIN_RSA_BITS:
            continue
        names = jwk.get("endorsements")
        endorsed = [n for n in names if isinstance(n, str)] if isinstance(names, list) else []
        keys[kid] = SigningKey(key, frozenset(endorsed))
    return keys
