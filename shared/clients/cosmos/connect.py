"""A client of one Cosmos account."""

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.clients.cosmos.errors import ANSWER_SECONDS
from shared.errors import Unavailable
from shared.observability import meter
from shared.web_address import LOOPBACK

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.cosmos.aio import CosmosClient


async def connect(endpoint: str, credential: "str | AsyncTokenCredential") -> "CosmosClient":
    """A client that leaves trying again to us, as far as it can be told to.

    It takes a 0 of `retry_throttle_total` for unset, and 9. Behind the name of an account on
    loopback is one server, whatever it says about regions.
    """
    from azure.cosmos.aio import CosmosClient

    client = CosmosClient(
        endpoint,
        credential,
        connection_timeout=ANSWER_SECONDS,
        read_timeout=ANSWER_SECONDS,
        retry_total=0,
        retry_connect=0,
        retry_read=0,
        retry_status=0,
        retry_throttle_total=1,
        retry_throttle_backoff_max=1,
        enable_endpoint_discovery=urlsplit(endpoint).hostname not in LOOPBACK,
        enable_compact_utf8_item_writes=True,
        raw_response_hook=_charge,
    )
    try:
        async with asyncio.timeout(ANSWER_SECONDS):  # it would try four times, ever longer
            await client.__aenter__()
    except BaseException as error:
        await client.close()
        if isinstance(error, TimeoutError):
            raise Unavailable("Cosmos DB does not answer: timeout") from None
        raise
    return client


def _charge(response: Any) -> None:
    """Every answer, those of failed requests and later pages included."""
    charge = response.http_response.headers.get("x-ms-request-charge")
    if charge:
        meter.charge(float(charge))
