"""Blob Storage, for bodies that are too large for a message, and for files of conversations."""

from contextlib import suppress
from typing import TYPE_CHECKING

from shared.clients.storage_account import NO_CONNECTION, OPTIONS, Service
from shared.errors import Unavailable
from shared.storage.blob_address import Signer

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import ContainerClient

CONTAINER = "claims"


class BlobStorage:
    """A container of a storage account; it is created when it is missing.

    `connection` is a connection string; without one `account` names the account, and
    `credential` is who asks.
    """

    def __init__(
        self,
        account: str,
        *,
        connection: str = "",
        credential: "AsyncTokenCredential | None" = None,
        container: str = CONTAINER,
    ) -> None:
        self._name = container
        self._connection = connection
        self._credential = credential
        self._service = Service(
            "blob",
            "Storage Blob Data Contributor",
            "AzureWebJobsStorage__accountName",
            account,
            by_key=bool(connection),
        )
        self._client: ContainerClient | None = None
        self._signer = Signer(credential, **OPTIONS)

    async def put(self, name: str, body: bytes) -> None:
        from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

        async with self._service.calling():
            try:
                await self._container().upload_blob(name, body, overwrite=True)
            except ResourceNotFoundError:
                with suppress(ResourceExistsError):
                    await self._container().create_container()
                await self._container().upload_blob(name, body, overwrite=True)

    async def get(self, name: str) -> bytes | None:
        from azure.core.exceptions import ResourceNotFoundError

        async with self._service.calling():
            try:
                stream = await self._container().download_blob(name)
                return await stream.readall()
            except ResourceNotFoundError:
                return None

    async def delete(self, name: str) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        async with self._service.calling():
            with suppress(ResourceNotFoundError):
                await self._container().delete_blob(name)

    async def stored_bytes(self) -> int:
        from azure.core.exceptions import ResourceNotFoundError

        async with self._service.calling():
            with suppress(ResourceNotFoundError):
                return sum([blob.size async for blob in self._container().list_blobs()])
        return 0

    async def address(self, name: str, *, seconds: float, content_type: str, file: str) -> str:
        """A service SAS by the connection string's key, else one by user delegation."""
        async with self._service.calling():
            client = self._container().get_blob_client(name)
            return await self._signer.signed(
                client, seconds=seconds, content_type=content_type, file=file
            )

    async def check(self) -> str:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            async with self._service.calling():
                with suppress(ResourceNotFoundError):
                    await self._container().get_container_properties()
        except Unavailable as error:
            return str(error)
        return ""

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    def _container(self) -> "ContainerClient":
        if self._client is None:
            from azure.storage.blob.aio import ContainerClient

            if self._connection:
                try:
                    self._client = ContainerClient.from_connection_string(
                        self._connection, self._name, **OPTIONS
                    )
                except ValueError as error:
                    raise Unavailable(NO_CONNECTION) from error
            else:
                self._client = ContainerClient(
                    self._service.url,
                    self._name,
                    credential=self._credential,
                    **OPTIONS,
                )
        return self._client
