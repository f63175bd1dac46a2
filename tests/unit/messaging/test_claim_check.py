"""A body too large for a message waits in a blob, and a ticket travels."""

from dataclasses import replace
from pathlib import Path

import pytest

from shared.errors import PermanentError, Unavailable
from shared.event import Event
from shared.messaging.claim_check import ClaimCheck
from shared.storage.files import FileBlobs

EVENT = Event(
    id="e1:tickets:2",
    type="test",
    data={"text": "Grüße " * 100},
    source="/somewhere",
    subject="s",
    bot="b",
    conversation="c",
    origin="o",
    cause="k",
    traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    attempt=2,
    hops=3,
    time="2026-01-02T03:04:05+00:00",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def claims(folder: Path) -> ClaimCheck:
    return ClaimCheck(FileBlobs(folder))


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


async def test_what_fits_travels_itself(claims: ClaimCheck, folder: Path) -> None:
    size = len(EVENT.to_json().encode())

    assert await claims.check_in("skill-q", EVENT, size) is EVENT
    assert await claims.redeem(EVENT) is EVENT
    assert kept(folder) == []


async def test_one_byte_more_travels_as_a_ticket_with_all_but_the_data(
    claims: ClaimCheck, folder: Path
) -> None:
    size = len(EVENT.to_json().encode())

    ticket = await claims.check_in("skill-q", EVENT, size - 1)

    assert ticket == replace(EVENT, data={}, dataref=ticket.dataref)
    assert kept(folder) == [ticket.dataref]
    arrived = Event.from_json(ticket.to_json())
    assert await claims.redeem(arrived) == EVENT


async def test_a_second_send_is_the_same_blob_and_another_queue_another(
    claims: ClaimCheck, folder: Path
) -> None:
    one = await claims.check_in("skill-a", EVENT, 10)
    again = await claims.check_in("skill-a", EVENT, 10)
    other = await claims.check_in("skill-b", EVENT, 10)

    assert one == again
    assert kept(folder) == sorted([one.dataref, other.dataref])


async def test_after_removal_the_ticket_is_lost_for_good(claims: ClaimCheck, folder: Path) -> None:
    ticket = await claims.check_in("skill-q", EVENT, 10)

    await claims.remove(ticket)
    await claims.remove(ticket)
    await claims.remove(EVENT)

    assert kept(folder) == []
    with pytest.raises(PermanentError) as error:
        await claims.redeem(ticket)
    assert error.value.reason == "claim_lost"


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[]", b"{}", b"[" * 100_000, Event(id="e2", type="test").to_json().encode()],
    ids=["empty", "not text", "a list", "no event", "deep", "another event"],
)
async def test_a_blob_that_holds_something_else_is_invalid_for_good(
    claims: ClaimCheck, folder: Path, body: bytes
) -> None:
    ticket = await claims.check_in("skill-q", EVENT, 10)
    (folder / ticket.dataref).write_bytes(body)

    with pytest.raises(PermanentError) as error:
        await claims.redeem(ticket)
    assert error.value.reason == "claim_invalid"


@pytest.mark.parametrize("dataref", ["https://elsewhere/x", "../store.db", "claim-1.json", "x"])
async def test_a_reference_that_is_none_of_ours_fetches_and_removes_nothing(
    claims: ClaimCheck, folder: Path, dataref: str
) -> None:
    await claims.check_in("skill-q", EVENT, 10)
    stranger = replace(EVENT, dataref=dataref)

    await claims.remove(stranger)

    assert await claims.redeem(stranger) is stranger
    assert len(kept(folder)) == 1


async def test_a_blob_store_that_is_down_leaves_the_event_unsent(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where the folder should be")

    with pytest.raises(Unavailable):
        await ClaimCheck(FileBlobs(tmp_path / "blobs")).check_in("skill-q", EVENT, 10)
