"""Documents in a container of Azure Blob Storage.

Who may read a blob stands in its metadata `access`: object ids of groups, with commas between.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.clients.storage_account import error_code
from shared.errors import Unavailable
from shared.knowledge.documents.document import MAX_BYTES, TooLarge
from shared.knowledge.documents.read import SUFFIXES
from shared.ports.documents import Content, Listed, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import ContainerClient

ACCESS = "access"
READ_SECONDS = 60


class Container:
    """`key` is an account key or a SAS token; without one `credential` is who asks."""

    def __init__(
        self,
        address: str,
        *,
        key: str = "",
        credential: "Callable[[], AsyncTokenCredential]",
        under: str = "",
        url: str = "",
    ) -> None:
        self._address = address
        self._key = key
        self._credential = credential
        self._under = f"{under.strip('/')}/" if under else ""
        self._url = url.rstrip("/")
        self._client: ContainerClient | None = None

    async def listed(self) -> AsyncIterator[Listed]:
        async with self._calling():
            blobs = self._container().list_blobs(
                name_starts_with=self._under or None, include=["metadata"]
            )
            async for blob in blobs:
                name = blob.name.removeprefix(self._under)
                if f".{name.rpartition('.')[2].lower()}" in SUFFIXES:
                    yield self._document(name, blob)

    def _document(self, name: str, blob: Any) -> Listed:
        groups = ((blob.metadata or {}).get(ACCESS) or "").split(",")
        return Listed(
            name,
            handle=blob.name,
            version=blob.etag,
            url=self._url and f"{self._url}/{quote(name)}",
            readers=[group.strip().casefold() for group in groups if group.strip()],
            size=blob.size,
        )

    async def content(self, listed: Listed, kept: str = "") -> Content | None:
        from azure.core import MatchConditions
        from azure.core.exceptions import HttpResponseError

        if_newer: dict[str, Any] = (
            {"etag": kept, "match_condition": MatchConditions.IfModified} if kept else {}
        )
        async with self._calling():
            try:
                blob = await self._container().download_blob(listed.handle, **if_newer)
                if blob.size > MAX_BYTES:
                    raise TooLarge(f"over {MAX_BYTES // 1_000_000} MB; split it")
                return Content(await blob.readall(), str(blob.properties.etag))
            except HttpResponseError as error:
                if error.status_code == 304:  # the SDK calls it ResourceModifiedError
                    return None
                if error.status_code == 404:
                    raise Unreadable("is gone since it was listed") from None
                raise

    def _container(self) -> "ContainerClient":
        if self._client is None:
            from azure.storage.blob.aio import ContainerClient

            self._client = ContainerClient.from_container_url(
                self._address,
                credential=self._key or self._credential(),
                retry_total=3,
                read_timeout=READ_SECONDS,
                connection_timeout=5,
            )
        return self._client

    @asynccontextmanager
    async def _calling(self) -> AsyncIterator[None]:
        """Make the SDK's errors ours."""
        from azure.core.exceptions import AzureError

        try:
            yield
        except AzureError as error:
            status = getattr(error, "status_code", None)
            reason = f"{status} ({error_code(error)})" if status else type(error).__name__
            remedy = (
                "; check key, or give the identity the role Storage Blob Data Reader"
                if status in (401, 403)
                else ""
            )
            raise Unavailable(f"blob storage answers {reason}{remedy}") from error

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None
