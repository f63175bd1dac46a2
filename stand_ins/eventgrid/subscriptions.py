"""Where a topic delivers: an HTTP endpoint, or a queue of Service Bus."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

CloudEvent = dict[str, Any]
Deliver = Callable[[CloudEvent], Awaitable[None]]
"""Takes one CloudEvent, or raises: then it is delivered again."""

STRUCTURED = "application/cloudevents+json; charset=utf-8"
HANDSHAKE_ORIGIN = "eventgrid.azure.net"
TAKEN_STATUSES = (200, 201, 202, 203, 204)
DELIVERY_SECONDS = 30


class NotTaken(Exception):
    """The subscriber did not take an event."""


class WebhookSubscription:
    """Delivers to a URL, one structured CloudEvent a request."""

    def __init__(self, url: str) -> None:
        import aiohttp

        self._url = url
        self._allowed = False
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DELIVERY_SECONDS))

    async def deliver(self, event: CloudEvent) -> None:
        if not self._allowed:
            await self._handshake()
        headers = {
            "content-type": STRUCTURED,
            "aeg-event-type": "Notification",
            "aeg-delivery-count": "0",
        }
        body = json.dumps(event).encode()
        async with self._session.post(self._url, data=body, headers=headers) as response:
            if response.status not in TAKEN_STATUSES:
                raise NotTaken(f"the webhook answers {response.status}")

    async def _handshake(self) -> None:
        """CloudEvents' abuse protection: only who allows this origin is written to."""
        headers = {"WebHook-Request-Origin": HANDSHAKE_ORIGIN, "WebHook-Request-Rate": "120"}
        async with self._session.options(self._url, headers=headers) as response:
            allowed = response.headers.get("WebHook-Allowed-Origin")
            if response.status != 200 or allowed not in ("*", HANDSHAKE_ORIGIN):
                raise NotTaken(f"the webhook does not allow it: {response.status}")
            self._allowed = True

    async def close(self) -> None:
        await self._session.close()


class QueueSubscription:
    """Delivers to a queue of Service Bus, one structured CloudEvent a message."""

    def __init__(self, connection: str, queue: str) -> None:
        from azure.servicebus.aio import ServiceBusClient

        self._client = ServiceBusClient.from_connection_string(connection)
        self._sender = self._client.get_queue_sender(queue)

    async def deliver(self, event: CloudEvent) -> None:
        from azure.servicebus import ServiceBusMessage

        body = json.dumps(event)
        message = ServiceBusMessage(body, message_id=event["id"], content_type=STRUCTURED)
        await self._sender.send_messages(message)

    async def close(self) -> None:
        await self._sender.close()
        await self._client.close()
