"""CPU of one validation of a connector token, its key known and no result kept."""

import json
from statistics import median
from time import process_time
from typing import Any

from bench.connector import APP_ID, Connector
from shared.clients.http import HttpClient, Response
from shared.identity.cloud import CLOUDS
from shared.identity.connector_jwt import ConnectorTokens
from shared.identity.openid_keys import OpenIdKeys


class _Published(HttpClient):
    """Answers with documents by URL."""

    def __init__(self, documents: dict[str, Any]) -> None:
        super().__init__()
        self._documents = documents

    async def request(self, method: str, url: str, **_: Any) -> Response:
        return Response(200, {}, json.dumps(self._documents[url]).encode())


async def token_check_us(count: int = 1000, rounds: int = 5) -> float:
    """Microseconds, the median of the rounds."""
    openid, keys = "https://connector.example/openid", "https://connector.example/keys"
    async with Connector() as connector:
        header = f"Bearer {connector.token}"
        http = _Published({openid: {"jwks_uri": keys}, keys: connector.jwks})
    known = OpenIdKeys(openid, http)
    times = []
    for _ in range(rounds + 1):
        started = process_time()
        for _ in range(count):
            await ConnectorTokens(known, CLOUDS["public"].issuer).validate(header, APP_ID)
        times.append((process_time() - started) / count * 1e6)
    return median(times[1:])
