"""What an operator reads when a storage account does not let the app in."""

from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from shared.clients.http import LONGEST
from shared.clients.storage_account import Service
from shared.errors import PermanentError, Unavailable


class StorageError(HttpResponseError):
    """As the SDK makes it of an answer."""

    def __init__(self, status: int, code: str, **headers: str) -> None:
        super().__init__("message")
        self.status_code = status
        self.error_code = code
        self.response: Any = Answer(
            {name.replace("_", "-"): value for name, value in headers.items()}
        )


@dataclass
class Answer:
    headers: dict[str, str]


async def failing(status: int, code: str, *, by_key: bool = False, **headers: str) -> Unavailable:
    error = StorageError(status, code, **headers)
    service = Service("queue", "Storage Queue Data Contributor", "FABRIC_BUS_URL", "a", by_key)
    with pytest.raises(Unavailable) as raised:
        async with service.calling():
            raise error
    return raised.value


async def test_a_missing_role_is_named() -> None:
    error = await failing(403, "AuthorizationPermissionMismatch")

    assert "Storage Queue Data Contributor" in str(error)
    assert "AZURE_CLIENT_ID" in str(error)


async def test_a_firewall_is_no_matter_of_roles() -> None:
    error = await failing(403, "AuthorizationFailure")

    assert "firewall" in str(error)
    assert "role" not in str(error)


async def test_a_rotated_key_names_its_setting() -> None:
    error = await failing(403, "AuthenticationFailed", by_key=True)

    assert "AzureWebJobsStorage" in str(error)


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("7", 7.0),
        ("", None),
        ("\u00b2", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("86400", LONGEST),
    ],
)
async def test_throttling_says_when_to_come_again(value: str, after: float | None) -> None:
    error = await failing(429, "ServerBusy", Retry_After=value)

    assert error.after == after


async def test_a_body_that_is_too_large_is_so_for_good() -> None:
    error = StorageError(413, "RequestBodyTooLarge")
    service = Service("blob", "role", "setting", "a", by_key=True)

    with pytest.raises(PermanentError) as raised:
        async with service.calling():
            raise error
    assert raised.value.reason == "too_large"


@pytest.mark.parametrize(
    ("account", "url"),
    [
        ("contoso", "https://contoso.queue.core.windows.net"),
        ("contoso.queue.core.usgovcloudapi.net", "https://contoso.queue.core.usgovcloudapi.net"),
        ("127.0.0.1:10001", "https://127.0.0.1:10001"),
    ],
)
def test_an_account_is_a_name_or_a_host(account: str, url: str) -> None:
    assert Service("queue", "role", "setting", account, by_key=False).url == url
