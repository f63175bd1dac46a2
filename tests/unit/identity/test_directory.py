"""Our app at Entra: its secret rotates, and what Entra answers becomes an error with its code."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.identity.directory import Directory, EntraRefusal
from shared.settings import Settings
from stand_ins.entra.directory import CLIENT_SECRET
from stand_ins.entra.server import EntraServer

GRANT = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}


class Rotated:
    """A vault in which a newer secret lies than the one that is remembered."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = list(secrets)

    async def get(self, reference: str, *, refused: str = "") -> str:
        if refused and len(self._secrets) > 1:
            self._secrets.pop(0)
        return self._secrets[0]


@pytest.fixture
async def entra() -> AsyncIterator[EntraServer]:
    async with EntraServer() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient()
    yield client
    await client.close()


def directory(entra: EntraServer, http: HttpClient, *secrets: str, **changed: str) -> Directory:
    environ = {"FABRIC_ENVIRONMENT": "local", **entra.settings, **changed}
    vault: Any = Rotated(*secrets)
    return Directory(Settings.from_environ(environ), http, vault)


async def test_a_secret_that_was_rotated_is_read_anew(entra: EntraServer, http: HttpClient) -> None:
    tokens = await directory(entra, http, "last month's", CLIENT_SECRET).grant(**GRANT)

    assert tokens["access_token"]
    assert len(entra.asked) == 2


async def test_a_secret_that_stays_wrong_is_refused_with_its_code(
    entra: EntraServer, http: HttpClient
) -> None:
    with pytest.raises(EntraRefusal, match="AADSTS7000215"):
        await directory(entra, http, "wrong").grant(**GRANT)

    assert len(entra.asked) == 1


async def test_where_entra_does_not_answer_it_is_unavailable(
    entra: EntraServer, http: HttpClient
) -> None:
    nowhere = f"{entra.address}/nobody/v2.0"

    with pytest.raises(Unavailable, match="404"):
        await directory(entra, http, "x", FABRIC_SIGN_IN_AUTHORITY=nowhere).grant(**GRANT)
