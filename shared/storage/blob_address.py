"""Addresses that open one blob for a while: shared access signatures, for reading alone.

Source: learn.microsoft.com/rest/api/storageservices, "Create a user delegation SAS".
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob import UserDelegationKey
    from azure.storage.blob.aio import BlobClient

KEY_LIFE = timedelta(days=2)
"""A delegation key lives seven days at most, and every signature ends with it."""

_SKEW = timedelta(minutes=5)


class Signer:
    """Signs by the account's key where the client has it, else by a key delegated to the app.

    The app's identity needs the role Storage Blob Data Contributor on the account. `options` are
    for the SDK's client.
    """

    def __init__(self, credential: "AsyncTokenCredential | None", **options: Any) -> None:
        self._credential, self._options = credential, options
        self._delegated: UserDelegationKey | None = None
        self._until = datetime.min.replace(tzinfo=UTC)

    async def signed(
        self, blob: "BlobClient", *, seconds: float, content_type: str, file: str
    ) -> str:
        from azure.storage.blob import BlobSasPermissions, generate_blob_sas

        expiry = datetime.now(UTC) + timedelta(seconds=seconds)
        by: dict[str, Any] = (
            {"user_delegation_key": await self._key(blob, expiry)}
            if self._credential
            else {"account_key": blob.credential.account_key}
        )
        signature = generate_blob_sas(
            str(blob.account_name),
            blob.container_name,
            blob.blob_name,
            permission=BlobSasPermissions(read=True),
            expiry=expiry,
            content_type=content_type,
            content_disposition=f"attachment; filename*=UTF-8''{quote(file, safe='')}",
            **by,
        )
        return f"{blob.url}?{signature}"

    async def _key(self, blob: "BlobClient", expiry: datetime) -> "UserDelegationKey":
        """The delegated key, renewed before a signature would outlive it."""
        if self._delegated is None or expiry > self._until:
            from azure.storage.blob.aio import BlobServiceClient

            now = datetime.now(UTC)
            until = now + KEY_LIFE
            account = f"{blob.scheme}://{blob.primary_hostname}"
            service = BlobServiceClient(account, credential=self._credential, **self._options)
            async with service:
                self._delegated = await service.get_user_delegation_key(now - _SKEW, until)
            self._until = until
        return self._delegated
