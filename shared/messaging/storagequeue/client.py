"""The queues of one storage account: the SDK's calls, its errors as ours."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.clients.storage_account import NO_CONNECTION, OPTIONS, Service, error_code
from shared.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.exceptions import HttpResponseError
    from azure.storage.queue.aio import QueueClient, QueueServiceClient

PAGE = 32
"""Messages that the service hands out at once."""

_GONE = frozenset({"MessageNotFound", "QueueNotFound"})
_LOST = _GONE | {"PopReceiptMismatch"}


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is hidden from others for a while. `text` is as it lies in the queue.

    `receipt` is what the service wants to see again; each change makes a new one.
    """

    queue: str
    id: str
    receipt: str
    text: str
    count: int
    inserted_at: float


class QueueAccount:
    """Opened on first use. Every call raises Unavailable; times are whole seconds."""

    def __init__(
        self, account: str, connection: str, credential: "AsyncTokenCredential | None"
    ) -> None:
        self._connection = connection
        self._credential = credential
        self._service = Service(
            "queue",
            "Storage Queue Data Contributor",
            "FABRIC_BUS_URL",
            account,
            by_key=bool(connection),
        )
        self._client: QueueServiceClient | None = None
        self._queues: dict[str, QueueClient] = {}

    async def put(self, queue: str, text: str, *, delay: int = 0) -> str:
        """Add a message that never expires; the id that it got. A missing queue is created."""
        from azure.core.exceptions import ResourceNotFoundError

        async def send() -> str:
            sent = await self._queue(queue).send_message(
                text, visibility_timeout=delay, time_to_live=-1
            )
            return str(sent.id)

        async with self._service.calling():
            try:
                return await send()
            except ResourceNotFoundError:
                await self._create(queue)
                return await send()

    async def get(self, queue: str, limit: int, seconds: int) -> list[Message]:
        """Up to `limit` messages, hidden from others for `seconds`; none of a missing queue."""
        from azure.core.exceptions import ResourceNotFoundError

        number = min(limit, PAGE)
        async with self._service.calling():
            try:
                return [
                    Message(
                        queue,
                        str(found.id),
                        str(found.pop_receipt),
                        found.content or "",
                        found.dequeue_count or 1,
                        found.inserted_on.timestamp() if found.inserted_on else 0.0,
                    )
                    async for found in self._queue(queue).receive_messages(
                        messages_per_page=number, max_messages=number, visibility_timeout=seconds
                    )
                ]
            except ResourceNotFoundError:
                return []

    async def peek(self, queue: str) -> frozenset[tuple[str, int]]:
        """(id, times received) of the first messages that anybody could get now."""
        from azure.core.exceptions import ResourceNotFoundError

        async with self._service.calling():
            try:
                found = await self._queue(queue).peek_messages(max_messages=PAGE)
            except ResourceNotFoundError:
                return frozenset()
        return frozenset((str(message.id), message.dequeue_count or 0) for message in found)

    async def hide(self, message: Message, seconds: int) -> Message:
        """From now on for `seconds`, 0 to show it. Raises Conflict when it is not ours any more."""
        from azure.core.exceptions import HttpResponseError

        async with self._service.calling():
            try:
                changed = await self._queue(message.queue).update_message(
                    message.id, message.receipt, visibility_timeout=seconds
                )
            except HttpResponseError as error:
                raise _lost(message, error) from error
        return replace(message, receipt=str(changed.pop_receipt))

    async def delete(self, message: Message) -> None:
        """No error when absent: the answer to an earlier try may have been lost.

        Raises Conflict when it is somebody else's by now.
        """
        from azure.core.exceptions import HttpResponseError

        async with self._service.calling():
            try:
                await self._queue(message.queue).delete_message(message.id, message.receipt)
            except HttpResponseError as error:
                if error_code(error) not in _GONE:
                    raise _lost(message, error) from error

    async def check(self) -> str:
        try:
            async with self._service.calling():
                async for _ in self._account().list_queues(results_per_page=1):
                    break
        except Unavailable as error:
            return str(error)
        return ""

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            self._queues.clear()
            await client.close()

    async def _create(self, queue: str) -> None:
        from azure.core.exceptions import ResourceExistsError

        with suppress(ResourceExistsError):
            await self._queue(queue).create_queue()

    def _queue(self, queue: str) -> "QueueClient":
        if queue not in self._queues:
            self._queues[queue] = self._account().get_queue_client(queue)
        return self._queues[queue]

    def _account(self) -> "QueueServiceClient":
        if self._client is None:
            from azure.storage.queue.aio import QueueServiceClient

            if self._connection:
                try:
                    self._client = QueueServiceClient.from_connection_string(
                        self._connection, **OPTIONS
                    )
                except ValueError as error:
                    raise Unavailable(NO_CONNECTION) from error
            else:
                self._client = QueueServiceClient(
                    self._service.url,
                    credential=self._credential,
                    **OPTIONS,
                )
        return self._client


def _lost(message: Message, error: "HttpResponseError") -> Exception:
    """Conflict, or the error itself when it says something else."""
    return Conflict(message.id) if error_code(error) in _LOST else error
