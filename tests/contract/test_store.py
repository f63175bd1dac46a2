"""What every store promises. A new one joins by a line in `targets`."""

import asyncio
from collections.abc import Awaitable, Callable
from time import time

import pytest

from shared.errors import Conflict, PermanentError
from shared.governance.shared_use import Sized
from shared.ports.store import FOR_EVER, Create, Delete, Item, Put, Store
from tests.contract.processes import Processes

Start = Callable[..., Awaitable[Processes]]


async def item(store: Store, id: str, partition: str = "p") -> Item:
    found = await store.get(partition, id)
    assert found is not None
    return found


def ids(items: list[Item]) -> list[str]:
    return [found.id for found in items]


# --- get and write -----------------------------------------------------------------------------


async def test_what_was_never_written_is_none(store: Store) -> None:
    assert await store.get("p", "absent") is None


async def test_a_document_comes_back_as_it_was(store: Store) -> None:
    body = {
        "text": "Grüße 你好 👩‍👧",
        "n": [1, 2.5, -0.1, None, True],
        "deep": {"a": {"": []}},
    }

    await store.write("p", Create("k:1", body, due=1234.5))

    found = await item(store, "k:1")
    assert (found.partition, found.id, found.body, found.due) == ("p", "k:1", body, 1234.5)


async def test_creating_what_exists_conflicts(store: Store) -> None:
    await store.write("p", Create("k:1", {"n": 1}))

    with pytest.raises(Conflict) as conflict:
        await store.write("p", Create("k:0", {}), Create("k:1", {"n": 2}))

    assert conflict.value.id == "k:1"
    assert (await item(store, "k:1")).body == {"n": 1}


async def test_put_inserts_and_replaces(store: Store) -> None:
    await store.write("p", Put("k:1", {"n": 1}, due=5.0))
    await store.write("p", Put("k:1", {"n": 2}))

    found = await item(store, "k:1")
    assert (found.body, found.due) == ({"n": 2}, None)


async def test_every_write_changes_the_etag(store: Store) -> None:
    etags = []
    for _ in range(3):
        await store.write("p", Put("k:1", {}))
        etags.append((await item(store, "k:1")).etag)
    await store.write("p", Delete("k:1"))
    await store.write("p", Create("k:1", {}))
    etags.append((await item(store, "k:1")).etag)

    assert len(set(etags)) == 4


async def test_a_write_tells_the_etags_of_what_it_made(store: Store) -> None:
    await store.write("p", Create("k:0", {}))

    etags = await store.write(
        "p", Create("k:1", {"n": 1}), Put("k:2", {"n": 1}, ttl=3600), Delete("k:0")
    )

    assert etags == {id: (await item(store, id)).etag for id in ("k:1", "k:2")}
    replaced = await store.write("p", Put("k:2", {"n": 2}, etag=etags["k:2"], ttl=3600))
    assert replaced["k:2"] == (await item(store, "k:2")).etag
    assert await store.write("p") == {}


async def test_the_current_etag_wins(store: Store) -> None:
    await store.write("p", Create("k:1", {"n": 1}))
    first = await item(store, "k:1")

    await store.write("p", Put("k:1", {"n": 2}, etag=first.etag))
    second = await item(store, "k:1")
    assert second.body == {"n": 2}

    await store.write("p", Delete("k:1", etag=second.etag))
    assert await store.get("p", "k:1") is None


async def test_a_stale_etag_conflicts(store: Store) -> None:
    await store.write("p", Create("k:1", {"n": 1}))
    stale = (await item(store, "k:1")).etag
    await store.write("p", Put("k:1", {"n": 2}))

    for op in (Put("k:1", {"n": 3}, etag=stale), Delete("k:1", etag=stale)):
        with pytest.raises(Conflict) as conflict:
            await store.write("p", op)
        assert conflict.value.id == "k:1"
    assert (await item(store, "k:1")).body == {"n": 2}


async def test_an_etag_of_what_is_gone_conflicts(store: Store) -> None:
    await store.write("p", Create("k:1", {}))
    etag = (await item(store, "k:1")).etag
    await store.write("p", Delete("k:1"))

    for op in (Put("k:1", {}, etag=etag), Delete("k:1", etag=etag)):
        with pytest.raises(Conflict):
            await store.write("p", op)
    assert await store.get("p", "k:1") is None


async def test_deleting_what_is_absent_is_no_error(store: Store) -> None:
    await store.write("p", Delete("absent"))


async def test_a_write_is_all_or_nothing(store: Store) -> None:
    await store.write("p", Create("taken", {"n": 1}), Create("old", {"n": 1}))

    with pytest.raises(Conflict):
        await store.write(
            "p", Create("new", {}), Put("old", {"n": 2}), Delete("taken"), Create("old", {})
        )

    assert await store.get("p", "new") is None
    assert (await item(store, "old")).body == {"n": 1}
    assert (await item(store, "taken")).body == {"n": 1}


async def test_a_lost_write_does_not_touch_those_beside_it(store: Store) -> None:
    await store.write("p", Create("taken", {}))

    results = await asyncio.gather(
        *(store.write("p", Create(f"k:{n}", {}), Create(f"s:{n}", {})) for n in range(10)),
        *(store.write("p", Create(f"l:{n}", {}), Create("taken", {})) for n in range(10)),
        *(store.write("p", Create(f"m:{n}", {})) for n in range(10)),
        return_exceptions=True,
    )

    assert [type(result) for result in results[10:20]] == [Conflict] * 10
    assert len(await store.find("p", "k:")) == len(await store.find("p", "m:")) == 10
    assert await store.find("p", "l:") == []


async def test_writing_nothing_is_fine(store: Store) -> None:
    await store.write("p")


async def test_partitions_do_not_meet(store: Store) -> None:
    await store.write("p", Create("k:1", {"p": "p"}))
    await store.write("q", Create("k:1", {"p": "q"}))
    await store.write("p", Delete("k:1"))

    assert (await item(store, "k:1", "q")).body == {"p": "q"}
    assert await store.find("p", "") == []


async def test_a_hundred_operations_fit_and_one_more_is_refused(store: Store) -> None:
    await store.write("p", *(Create(f"fits:{n}", {}) for n in range(100)))
    assert len(await store.find("p", "fits:", limit=1000)) == 100

    with pytest.raises(PermanentError) as error:
        await store.write("p", *(Create(f"large:{n}", {}) for n in range(101)))
    assert error.value.reason == "batch_too_large"
    assert await store.find("p", "large:") == []


# aiohttp's advice for large files; an SDK hands it the finished bytes
@pytest.mark.filterwarnings("ignore:Sending a large body directly:ResourceWarning")
async def test_two_megabytes_of_any_script_are_the_limit(store: Store) -> None:
    await store.write("p", *(Create(f"fits:{n}", {"x": "你" * 300_000}) for n in range(2)))

    with pytest.raises(PermanentError) as error:
        await store.write("p", Create("large:1", {}), Create("large:2", {"x": "你" * 700_000}))
    assert error.value.reason == "batch_too_large"
    assert await store.find("p", "large:") == []


# --- find --------------------------------------------------------------------------------------


async def test_find_gives_what_starts_with_the_prefix_in_order(store: Store) -> None:
    for id in ("b:2", "a:1", "b:10", "b:1", "c:1", "b"):
        await store.write("p", Create(id, {}))

    assert ids(await store.find("p", "b:")) == ["b:1", "b:10", "b:2"]
    assert ids(await store.find("p", "")) == ["a:1", "b", "b:1", "b:10", "b:2", "c:1"]


async def test_a_prefix_has_no_wildcards(store: Store) -> None:
    for id in ("a_c:1", "abc:1", "a%:1", "A_C:1"):
        await store.write("p", Create(id, {}))

    assert ids(await store.find("p", "a_c")) == ["a_c:1"]
    assert ids(await store.find("p", "a%")) == ["a%:1"]


async def test_find_pages_through_all_once(store: Store) -> None:
    written = [f"k:{n:03d}" for n in range(25)]
    await store.write("p", Create("j", {}), Create("l", {}), *(Create(id, {}) for id in written))

    found: list[str] = []
    while page := await store.find("p", "k:", after=found[-1] if found else "", limit=10):
        assert len(page) <= 10
        found += ids(page)

    assert found == written
    assert ids(await store.find("p", "k:", after="a", limit=1)) == ["k:000"]


async def test_find_by_due_gives_what_waits_the_earliest_first(store: Store) -> None:
    now = time()
    await store.write(
        "p",
        Create("k:1", {}, due=now),
        Create("k:2", {}, due=now - 5),
        Create("k:3", {}, due=now + 60),
        Create("k:4", {}),
        Create("other:1", {}, due=now - 9),
    )

    assert ids(await store.find("p", "k:", due_by=now)) == ["k:2", "k:1"]
    assert ids(await store.find("p", "k:", due_by=float("inf"))) == ["k:2", "k:1", "k:3"]
    assert ids(await store.find("p", "k:", due_by=now, limit=1)) == ["k:2"]
    assert await store.find("q", "k:", due_by=now) == []


async def test_a_write_moves_and_clears_due(store: Store) -> None:
    now = time()
    await store.write("p", Create("k:1", {}, due=now), Create("k:2", {}, due=now))

    await store.write("p", Put("k:1", {}, due=now + 60), Put("k:2", {}))

    assert await store.find("p", "k:", due_by=now) == []
    assert ids(await store.find("p", "k:", due_by=now + 60)) == ["k:1"]


async def test_all_partitions_are_searched_in_order(store: Store) -> None:
    places = [(p, f"{kind}:{n}") for p in "pqr" for kind in "ab" for n in range(3)]
    for partition, id in reversed(places):
        await store.write(partition, Create(id, {}, due=float(ord(partition))))

    found: list[Item] = []
    while page := await store.find(None, "b:", after=found[-1].place if found else "", limit=2):
        found += page

    assert [(f.partition, f.id) for f in found] == [p for p in places if p[1][0] == "b"]
    due = await store.find(None, "b:", due_by=float(ord("q")), limit=5)
    assert [(f.partition, f.id) for f in due] == [(f.partition, f.id) for f in found[:5]]


# --- time to live ------------------------------------------------------------------------------


async def expired(store: Store, partition: str, id: str) -> None:
    async with asyncio.timeout(60):
        while True:
            if await store.get(partition, id) is None:
                return
            await asyncio.sleep(0.02)


async def test_what_has_expired_is_nowhere_to_be_seen(store: Store) -> None:
    await store.write(
        "p", Create("k:1", {}, due=1.0, ttl=1), Put("k:2", {}, due=1.0, ttl=60), Create("k:3", {})
    )
    assert ids(await store.find("p", "k:")) == ["k:1", "k:2", "k:3"]

    await expired(store, "p", "k:1")

    assert ids(await store.find("p", "k:")) == ["k:2", "k:3"]
    assert ids(await store.find(None, "k:")) == ["k:2", "k:3"]
    assert ids(await store.find("p", "k:", due_by=2.0)) == ["k:2"]
    assert ids(await store.find(None, "k:", due_by=2.0)) == ["k:2"]


async def test_what_has_expired_counts_as_absent(store: Store) -> None:
    await store.write("p", Create("k:1", {"n": 1}, ttl=1), Create("k:2", {}, ttl=1))
    etag = (await item(store, "k:2")).etag
    await expired(store, "p", "k:2")

    await store.write("p", Create("k:1", {"n": 2}))
    with pytest.raises(Conflict):
        await store.write("p", Put("k:2", {}, etag=etag))

    assert (await item(store, "k:1")).body == {"n": 2}


async def test_a_write_without_ttl_ends_the_countdown(store: Store) -> None:
    await store.write(
        "p", Create("k:1", {}, ttl=1), Create("k:2", {}, ttl=1), Create("gone", {}, ttl=1)
    )
    await store.write("p", Put("k:1", {}), Put("k:2", {}, ttl=FOR_EVER))

    await expired(store, "p", "gone")

    assert ids(await store.find("p", "k:")) == ["k:1", "k:2"]


# --- several clients ---------------------------------------------------------------------------


async def test_another_client_sees_a_write_at_once(open_store: Callable[[], Store]) -> None:
    one, other = open_store(), open_store()
    for n in range(20):
        await one.write("p", Put("k:1", {"n": n}))
        assert (await item(other, "k:1")).body == {"n": n}


async def test_a_closed_store_has_kept_everything(open_store: Callable[[], Store]) -> None:
    store = open_store()
    await store.write("p", Create("k:1", {"n": 1}))
    await store.close()

    assert (await item(open_store(), "k:1")).body == {"n": 1}


async def test_of_writers_with_one_etag_one_wins(store: Store) -> None:
    await store.write("p", Create("k:1", {}))
    etag = (await item(store, "k:1")).etag

    results = await asyncio.gather(
        *(store.write("p", Put("k:1", {"n": n}, etag=etag)) for n in range(20)),
        return_exceptions=True,
    )

    [winner] = [n for n, result in enumerate(results) if not isinstance(result, Conflict)]
    assert sum(isinstance(result, Conflict) for result in results) == 19
    assert (await item(store, "k:1")).body == {"n": winner}


async def test_of_processes_with_one_etag_one_wins(store: Store, processes: Start) -> None:
    await store.write("p", Create("contested", {}))
    etag = (await item(store, "contested")).etag

    writers = await processes("replace", etag, count=4)

    assert sorted(await writers.run()) == ["lost", "lost", "lost", "won"]


async def test_processes_that_retry_on_conflict_lose_no_update(
    store: Store, processes: Start
) -> None:
    await store.write("p", Create("counter", {"number": 0}))

    writers = await processes("increment", 50, count=4)
    await writers.run()

    assert (await item(store, "counter")).body == {"number": 200}


async def test_a_working_store_checks_out(store: Store) -> None:
    assert await store.check() == ""


async def test_a_store_that_is_billed_by_size_says_it(store: Store) -> None:
    if not isinstance(store, Sized):
        return
    await store.write("p", Create("big:1", {"text": "x" * 10_000}))

    assert await store.stored_bytes() >= 10_000
