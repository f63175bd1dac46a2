"""The CRM for trying things out takes its faults over HTTP."""

from collections.abc import AsyncIterator

import pytest

from shared.clients.http import HttpClient
from shared.errors import Unavailable
from stand_ins.crm.server import KEY, CrmServer

HEADERS = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(timeout=2)
    yield client
    await client.close()


async def test_a_fault_is_switched_on_and_off(http: HttpClient) -> None:
    async with CrmServer() as crm:
        customer, fault = f"{crm.url}/customers/c-1", f"{crm.control_url}/fault"
        await http.request("PUT", fault, json={"kind": "error", "count": 1})
        statuses = [(await http.request("GET", customer, headers=HEADERS)).status for _ in "12"]
        assert statuses == [500, 200]
        await http.request("PUT", fault, json={"kind": "down"})
        with pytest.raises(Unavailable, match="no connection"):
            await http.request("GET", customer, headers=HEADERS)
        await http.request("DELETE", fault)
        assert (await http.request("GET", customer, headers=HEADERS)).status == 200


@pytest.mark.parametrize("wrong", [{"kind": "broken"}, {}, {"kind": "slow", "second": 1}])
async def test_what_is_no_fault_is_refused(http: HttpClient, wrong: dict[str, object]) -> None:
    async with CrmServer() as crm:
        answer = await http.request("PUT", f"{crm.control_url}/fault", json=wrong)
        assert answer.status == 400


async def test_a_key_used_for_something_else_is_declined(http: HttpClient) -> None:
    headers = HEADERS | {"Idempotency-Key": "k"}
    async with CrmServer() as crm:
        statuses = [
            (await http.request("POST", f"{crm.url}/tickets", headers=headers, json=body)).status
            for body in ({"text": "a"}, {"text": "a"}, {"text": "b"})
        ]
        filed = await http.request("GET", f"{crm.control_url}/tickets")
        assert statuses == [201, 201, 422]
        assert [ticket["text"] for ticket in filed.json()] == ["a"]
