"""Who waits for news is told by the others, and looks by itself only now and then."""

import asyncio
import os
from pathlib import Path

import pytest

from shared.event import Event
from shared.messaging.embedded import news
from shared.messaging.embedded.bell import Bell
from shared.messaging.embedded.bus import SqliteBus


def event(id: str) -> Event:
    return Event(id=id, type="test", conversation="c")


def bells(folder: Path) -> list[Path]:
    return list(folder.glob("*-bell-*"))


async def test_a_message_of_another_process_is_heard_without_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "RUNG_POLL_SECONDS", 60)
    waits, sends = SqliteBus(tmp_path / "bus.db"), SqliteBus(tmp_path / "bus.db")
    await waits.changed(0)
    waiting = asyncio.create_task(waits.changed(30))
    await asyncio.sleep(0)
    await sends.send("q", event("1"))

    async with asyncio.timeout(10):
        assert await waiting == {"q"}
    await waits.close()
    await sends.close()


async def test_what_another_process_scheduled_is_heard_when_it_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "RUNG_POLL_SECONDS", 60)
    waits, sends = SqliteBus(tmp_path / "bus.db"), SqliteBus(tmp_path / "bus.db")
    await waits.changed(0)
    waiting = asyncio.create_task(waits.changed(30))
    await asyncio.sleep(0)
    await sends.send("q", event("1"), delay=0.2)

    async with asyncio.timeout(10):
        assert await waiting == {"q"}
    await waits.close()
    await sends.close()


async def test_one_that_waits_in_vain_looks_a_few_times_a_second(tmp_path: Path) -> None:
    bus = SqliteBus(tmp_path / "bus.db")
    await bus.changed(0)
    looks = 0
    poll = bus._news._poll

    def counted() -> object:
        nonlocal looks
        looks += 1
        return poll()

    bus._news._poll = counted  # type: ignore[assignment]
    await bus.changed(2)
    await bus.close()

    assert looks <= 10


async def test_a_bell_goes_with_its_process_or_with_the_first_who_rings(tmp_path: Path) -> None:
    listens, rings = Bell(tmp_path / "bus.db"), Bell(tmp_path / "bus.db")
    assert listens.listen(lambda: None)
    assert len(bells(tmp_path)) == 1
    (left,) = bells(tmp_path)
    listens.close()
    assert bells(tmp_path) == []

    os.mkfifo(left)
    rings.ring()
    await asyncio.sleep(0)
    assert bells(tmp_path) == []
    rings.close()


async def test_what_happens_in_one_turn_of_the_loop_rings_once(tmp_path: Path) -> None:
    listens, rings = Bell(tmp_path / "bus.db"), Bell(tmp_path / "bus.db")
    listens.listen(lambda: None)
    (path,) = bells(tmp_path)
    written = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    for _ in range(5):
        rings.ring()
    await asyncio.sleep(0)

    assert os.read(written, 10) == b"!"
    os.close(written)
    rings.close()
    listens.close()


async def test_who_closes_rings_what_is_still_to_be_rung(tmp_path: Path) -> None:
    listens, rings = Bell(tmp_path / "bus.db"), Bell(tmp_path / "bus.db")
    rung = asyncio.Event()
    listens.listen(rung.set)

    rings.ring()
    rings.close()

    async with asyncio.timeout(10):
        await rung.wait()
    listens.close()
