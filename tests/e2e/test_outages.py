"""Half a minute without broker or store: what was acknowledged is answered, once and in order.

`OUTAGE=30` makes the outages as long as the promise says; here they are shorter.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from tests import azure
from tests.e2e.processes import Connector
from tests.e2e.test_same_transcript import host
from tests.faults.proxy import proxy

OUTAGE = float(os.environ.get("OUTAGE", "4"))
CONVERSATIONS, MESSAGES = 6, 4
"""So many people say so many things while something is down."""

Service = tuple[azure.Environ, Callable[[], None], Callable[[], None]]
"""The settings for it, how it goes away, and how it comes back."""


class Talk:
    """People in Teams who say things to a bot that echoes."""

    def __init__(self, url: str, connector: Connector, session: ClientSession) -> None:
        self.url, self.connector, self.session = url, connector, session
        self.refused: list[tuple[str, int]] = []

    async def say(self, conversation: str, number: int) -> int:
        activity = {
            "type": "message",
            "id": f"{conversation}-{number}",
            "text": f"/echo {number}",
            "channelId": "msteams",
            "serviceUrl": self.connector.url,
            "from": {"id": "29:ann"},
            "recipient": {"id": "28:helpdesk"},
            "conversation": {"id": conversation},
        }
        url = f"{self.url}/api/teams/helpdesk"
        async with self.session.post(url, json=activity) as answer:
            return answer.status

    async def insist(self, conversation: str, number: int) -> None:
        """Say it as Teams does: again, until it is acknowledged; in order."""
        async with asyncio.timeout(120):
            while (status := await self.say(conversation, number)) != 202:
                assert status == 503
                self.refused.append((conversation, number))
                await asyncio.sleep(0.5)

    async def all(self) -> None:
        async def one(conversation: str) -> None:
            for number in range(MESSAGES):
                await self.insist(conversation, number)

        await asyncio.gather(*(one(f"a:{n}") for n in range(CONVERSATIONS)))

    async def answered(self) -> None:
        """Everything has been answered, the sweep helping, once and in order."""
        sweep = f"{self.url}/admin/functions/outbox_sweep"
        async with asyncio.timeout(120):
            while sum(map(len, self.connector.sent.values())) < CONVERSATIONS * MESSAGES:
                async with self.session.post(sweep, json={"input": ""}):
                    await asyncio.sleep(1)
        expected = [f"echo: /echo {number}" for number in range(MESSAGES)]
        for n in range(CONVERSATIONS):
            heard = [text for text in self.connector.sent[f"a:{n}"] if text.startswith("echo")]
            assert heard == expected


async def through(service: Service, folder: Path, seconds: float = OUTAGE) -> Talk:
    """Start talking while the service is away; it comes back after so many seconds."""
    environ, go, come_back = service
    async with (
        Connector() as connector,
        ClientSession() as session,
        host(folder, {"PORT": "0", **environ}) as url,
    ):
        talk = Talk(url, connector, session)
        await talk.insist("a:warm", 0)
        await connector.until(1)
        del connector.sent["a:warm"]
        go()
        talking = asyncio.create_task(talk.all())
        await asyncio.sleep(seconds)
        come_back()
        await talking
        await talk.answered()
        return talk


@asynccontextmanager
async def between(environ: azure.Environ, url: str) -> AsyncIterator[Service]:
    """The same settings, by way of a proxy that can be cut."""
    port = urlsplit(environ[url]).port
    assert port
    async with proxy("127.0.0.1", port) as way:
        other = way.address.rpartition(":")[2]
        yield (
            {name: value.replace(f":{port}", f":{other}") for name, value in environ.items()},
            way.cut,
            way.restore,
        )


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Service]:
    async with (
        azure.service_bus(tmp_path) as environ,
        between(environ, "FABRIC_BUS_URL") as service,
    ):
        yield service


@pytest.fixture
async def store() -> AsyncIterator[Service]:
    async with (
        azure.cosmos() as environ,
        between(environ, "FABRIC_STORE_URL") as service,
    ):
        yield service


def both(one: Service, other: Service) -> Service:
    def cut() -> None:
        one[1]()
        other[1]()

    def restore() -> None:
        one[2]()
        other[2]()

    return {**one[0], **other[0]}, cut, restore


async def test_without_the_broker_the_store_takes_what_comes(
    broker: Service, tmp_path: Path
) -> None:
    talk = await through(broker, tmp_path / "host")
    assert talk.refused == []


async def test_without_the_store_the_broker_takes_what_comes(
    store: Service, tmp_path: Path
) -> None:
    talk = await through(store, tmp_path / "host")
    assert talk.refused == []


async def test_without_both_the_channel_is_told_to_come_again(
    broker: Service, store: Service, tmp_path: Path
) -> None:
    """For longer than a webhook waits for either."""
    talk = await through(both(broker, store), tmp_path / "host", 3 * OUTAGE)
    assert talk.refused
