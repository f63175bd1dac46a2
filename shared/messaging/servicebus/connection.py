"""The way to a Service Bus namespace: by connection string, or as an identity."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING

from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

FORM = "Endpoint=sb://<namespace>/;SharedAccessKeyName=<policy>;SharedAccessKey=<key>"
POLL_SECONDS = 0.5
"""How soon a link that waits for a message notices that it is to end."""

ACCEPT_SECONDS = 30
"""How long one request for the next session waits at the broker."""

HANDSHAKE_SECONDS = 2.0
CLOSE_SECONDS = 5.0
LONGEST_PAUSE = 30.0

RETRIES: Mapping[str, float] = {
    "retry_total": 2,
    "retry_backoff_factor": 0.2,
    "retry_backoff_max": 2,
}
"""The SDK's own, for sends: 0.4 and 0.8 s after a failure, within the time that a send has."""


class Connection:
    """Makes senders and receivers; each opens a connection of its own when first used.

    Raises ConfigurationError when neither key nor identity is there. The SDK is imported with
    the first sender or receiver.
    """

    def __init__(
        self, host: str, connection: str = "", credential: "AsyncTokenCredential | None" = None
    ) -> None:
        self._host = host
        self._connection = _whole_namespace(connection)
        self._credential = credential
        if connection:
            _check(connection)
        elif credential is None:
            raise ConfigurationError(
                f"there is no way into Service Bus: set ServiceBusConnection to {FORM}, or to "
                "nothing and let the app's managed identity in"
            )
        elif not host:
            raise ConfigurationError("FABRIC_BUS_URL names no namespace; write servicebus://<host>")

    @property
    def keyed(self) -> bool:
        """Whether a connection string opens the namespace, not an identity."""
        return bool(self._connection)

    @cached_property
    def _sending(self) -> "ServiceBusClient":
        return self._client(RETRIES)

    @cached_property
    def _receiving(self) -> "ServiceBusClient":
        """Without retries: a lost lock cannot be won back, and the receiver backs off itself."""
        return self._client({"retry_total": 0})

    def _client(self, retries: Mapping[str, float]) -> "ServiceBusClient":
        from azure.servicebus.aio import ServiceBusClient

        if self._connection:
            return ServiceBusClient.from_connection_string(self._connection, **retries)  # type: ignore[arg-type]
        assert self._credential is not None  # noqa: S101 -- the constructor saw to it
        return ServiceBusClient(self._host, self._credential, **retries)  # type: ignore[arg-type]

    def sender(self, queue: str) -> "ServiceBusSender":
        return self._sending.get_queue_sender(queue)

    def receiver(self, queue: str, *, sessions: bool) -> "ServiceBusReceiver":
        """Of the next session that has messages, or of the whole queue."""
        from azure.servicebus import NEXT_AVAILABLE_SESSION

        if sessions:
            return self._receiving.get_queue_receiver(
                queue, session_id=NEXT_AVAILABLE_SESSION, max_wait_time=ACCEPT_SECONDS
            )
        return self._receiving.get_queue_receiver(queue)

    def dead_letter_receiver(self, queue: str) -> "ServiceBusReceiver":
        """Of what the broker put aside: `<queue>/$deadletterqueue`."""
        from azure.servicebus import ServiceBusSubQueue

        return self._receiving.get_queue_receiver(queue, sub_queue=ServiceBusSubQueue.DEAD_LETTER)

    async def close(self) -> None:
        for name in ("_sending", "_receiving"):
            if client := self.__dict__.pop(name, None):
                await client.close()


async def open_link(
    link: "ServiceBusSender | ServiceBusReceiver", stop: asyncio.Event, seconds: float
) -> bool:
    """Open a sender or receiver, which may wait for a session; whether it is open.

    It is not when `stop` was set meanwhile, or after so many seconds. An opening cancelled
    during the handshake leaves its socket behind, so that is waited for; and the SDK swallows
    a cancellation now and then, so it may take a second.
    """
    opening = asyncio.ensure_future(link.__aenter__())
    stopping = asyncio.ensure_future(stop.wait())
    started = monotonic()
    await asyncio.wait({opening, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    await asyncio.wait({opening}, timeout=max(0.0, started + HANDSHAKE_SECONDS - monotonic()))
    while not opening.done():
        opening.cancel()
        await asyncio.wait({opening}, timeout=HANDSHAKE_SECONDS)
    if opening.cancelled():
        return False
    opening.result()
    return True


async def close_link(link: "ServiceBusSender | ServiceBusReceiver") -> None:
    """Close it, whatever state it is in; this takes a second, for the SDK's own reasons."""
    with suppress(Exception):
        async with asyncio.timeout(CLOSE_SECONDS):
            await link.close()


async def pause(stop: asyncio.Event, failures: int) -> None:
    """Wait after so many failures in a row, 1 s up to half a minute, unless told to stop."""
    with suppress(TimeoutError):
        async with asyncio.timeout(min(LONGEST_PAUSE, 2.0 ** (failures - 1))):
            await stop.wait()


def _whole_namespace(connection: str) -> str:
    """The connection string without the one entity that the portal may have put into it."""
    parts = connection.strip().split(";")
    return ";".join(p for p in parts if not p.strip().lower().startswith("entitypath="))


def _check(connection: str) -> None:
    """Raises ConfigurationError unless the parts of a connection string are there."""
    parts = dict(part.partition("=")[::2] for part in connection.strip().strip(";").split(";"))
    names = {name.strip().lower() for name, value in parts.items() if value}
    keyed = {"sharedaccesskeyname", "sharedaccesskey"} <= names
    if "endpoint" not in names or not (keyed or "sharedaccesssignature" in names):
        raise ConfigurationError(
            f"ServiceBusConnection is not a connection string of Service Bus; write {FORM}"
        )
