"""What an acknowledged message may rely on, with real processes that are really killed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.processes import Connector, Folder


@pytest.fixture
async def connector() -> AsyncIterator[Connector]:
    async with Connector() as connector:
        yield connector


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Folder]:
    async with Folder(tmp_path) as folder:
        yield folder


async def test_five_copies_at_once_get_one_reply(folder: Folder, connector: Connector) -> None:
    _, url = await folder.start()
    copies = [folder.say(url, connector.url, "hi", conversation="a", id="same") for _ in range(5)]
    assert set(await asyncio.gather(*copies)) == {202}
    await folder.say(url, connector.url, "last", conversation="a", id="other")
    await connector.until(2)
    assert connector.sent["a"] == ["echo: hi", "echo: last"]
    assert (await folder.books())["accepted"] == 2


async def test_twenty_conversations_of_ten_messages_keep_their_order(
    folder: Folder, connector: Connector
) -> None:
    _, url = await folder.start("--no-triggers")
    await asyncio.gather(*(folder.start("--no-http") for _ in range(2)))

    async def talk(conversation: str) -> None:
        for n in range(10):
            id = f"{conversation}-{n}"
            status = await folder.say(url, connector.url, str(n), conversation=conversation, id=id)
            assert status == 202

    await asyncio.gather(*(talk(f"c{n}") for n in range(20)))
    await connector.until(200)
    expected = [f"echo: {n}" for n in range(10)]
    assert all(texts == expected for texts in connector.sent.values())
    assert len(connector.sent) == 20
    books = await folder.books()
    assert (books["accepted"], books["repeated"]) == (200, 0)


async def test_a_kill_between_accept_and_handle_loses_nothing(
    folder: Folder, connector: Connector
) -> None:
    first, url = await folder.start("--no-triggers")
    for n in range(20):
        await folder.say(url, connector.url, str(n), conversation=f"c{n}", id=str(n))
    await folder.kill(first)
    assert (await folder.books())["pending"] == 20
    await folder.start()
    await connector.until(20)
    assert sorted(t for texts in connector.sent.values() for t in texts) == sorted(
        f"echo: {n}" for n in range(20)
    )


async def test_killed_workers_leave_nothing_behind(folder: Folder, connector: Connector) -> None:
    """Kill workers in the middle of the work; another takes over what they held."""
    _, url = await folder.start("--no-triggers")
    worker, _ = await folder.start("--no-http")
    posts = [
        folder.say(url, connector.url, str(n), conversation=f"c{n % 25}", id=str(n))
        for n in range(150)
    ]
    sending = asyncio.gather(*posts)
    for killed_at in (20, 60, 100):
        await connector.until(killed_at)
        await folder.kill(worker)
        worker, _ = await folder.start("--no-http")
    assert set(await sending) == {202}
    await connector.until(150)
    async with asyncio.timeout(60):
        while (books := await folder.books())["done"] < 150:
            assert books["accepted"] == 150
    texts = [text for sent in connector.sent.values() for text in sent]
    assert set(texts) == {f"echo: {n}" for n in range(150)}
    assert len(texts) - 150 <= books["repeated"]
    assert books["dead"] == books["pending"] == books["parked"] == 0
