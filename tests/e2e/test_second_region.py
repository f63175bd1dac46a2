"""A region dies and another takes over: the drill of docs/deploy.md, with real processes.

Two data folders are two regions, each with its own queues; the store is one file that both have,
as the copies of a Cosmos DB account are one account.
"""

import asyncio
from contextlib import suppress
from pathlib import Path

from tests.e2e.processes import Connector, Folder


def region(folder: Path, name: str) -> Folder:
    path = folder / name
    path.mkdir()
    return Folder(path, FABRIC_STORE_URL=f"sqlite:///{folder / 'store.db'}")


async def test_a_region_dies_another_goes_on_and_what_waited_is_not_lost(tmp_path: Path) -> None:
    async with (
        Connector() as connector,
        region(tmp_path, "west") as west,
        region(tmp_path, "north") as north,
    ):
        process, url = await west.start()
        await west.say(url, connector.url, "one", conversation="a", id="1")
        await connector.until(1)
        process.terminate()  # so that the reply is recorded as sent: the death comes below
        await process.wait()
        process, url = await west.start("--no-triggers")
        accepted = await west.say(url, connector.url, "two", conversation="b", id="2")
        await west.kill(process)
        assert accepted == 202

        _, url = await north.start()
        await north.say(url, connector.url, "three", conversation="a", id="3")
        await connector.until(2)
        again = await north.say(url, connector.url, "one", conversation="a", id="1")
        assert connector.sent == {"a": ["echo: one", "echo: three"]}
        assert again == 202

        await west.start("--no-http")
        await connector.until(3)

        assert connector.sent["b"] == ["echo: two"]
        assert connector.sent["a"] == ["echo: one", "echo: three"]
        books = await north.books()
        assert (books["accepted"], books["done"], books["dead"]) == (3, 3, 0)


async def test_what_a_dead_region_committed_and_did_not_send_the_other_sends(
    tmp_path: Path,
) -> None:
    async with (
        Connector() as connector,
        region(tmp_path, "west") as west,
        region(tmp_path, "north") as north,
    ):
        connector.down = True
        process, url = await west.start()
        await west.say(url, connector.url, "hello", conversation="a", id="1")
        await connector.until_refused()
        await west.kill(process)
        connector.down = False

        _, url = await north.start()
        sweep = f"{url}/admin/functions/outbox_sweep"
        async with asyncio.timeout(90):
            while not connector.sent:
                async with north.session.post(sweep, json={"input": ""}):
                    pass
                with suppress(TimeoutError):
                    await connector.until(1, seconds=1)

        assert connector.sent == {"a": ["echo: hello"]}
