"""A body too large for a message travels as a ticket, and its blob goes once it is settled."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.event import ACTIVITY, Event
from shared.messaging.claim_check import ClaimCheck
from shared.observability.failure import HandlerFailed
from shared.operations.deeds.letters import redrive
from shared.operations.reports.letters import letters
from shared.pipeline.door import claims
from shared.pipeline.turns import settle
from shared.pipeline.turns.bury import bury_body
from shared.skill import Skill
from shared.storage.files import FileBlobs
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]
LIMIT = 200_000


@pytest.fixture
def skill() -> Skill:
    skill = Skill("count", "Counts what it hears")

    @skill.on_message
    async def count(turn: Turn) -> None:
        if turn.text == "bug":
            raise RuntimeError("bug")
        turn.reply(f"heard {len(turn.activity['attachments'][0]['content'])}")

    return skill


@pytest.fixture
def fabric(lab: Make, skill: Skill, tmp_path: Path) -> Lab:
    fabric = lab(skill)
    fabric.__dict__["claims"] = ClaimCheck(FileBlobs(tmp_path / "blobs"))
    return fabric


async def ticket(fabric: Lab, text: str = "large") -> Event:
    """What a bus with a limit would carry for an activity of 5 MB."""
    inbound = fabric.inbound(text, attachments=[{"content": "x" * 5_000_000}])
    event = Event(
        id=f"e-{text}",
        type=ACTIVITY,
        data={"activity": inbound.activity, "reference": inbound.reference.to_dict()},
        bot="lab",
        conversation=inbound.reference.key,
        origin=f"e-{text}",
    )
    checked = await fabric.claims.check_in("skill-count", event, LIMIT)
    assert len(checked.to_json()) < 1000
    return checked


async def deliver(fabric: Lab, skill: Skill, body: str, count: int = 1) -> None:
    async with claims.redeemed(fabric, body) as whole:
        await settle.work(fabric, skill, whole, count)


def blobs(folder: Path) -> list[str]:
    return [path.name for path in (folder / "blobs").iterdir()]


async def test_the_handler_sees_the_whole_and_the_blob_is_removed(
    fabric: Lab, skill: Skill, tmp_path: Path
) -> None:
    checked = await ticket(fabric)
    assert blobs(tmp_path) == [checked.dataref]

    await deliver(fabric, skill, checked.to_json())

    assert fabric.heard() == ["heard 5000000"]
    assert blobs(tmp_path) == []


async def test_the_blob_stays_while_the_message_may_come_again(
    fabric: Lab, skill: Skill, tmp_path: Path
) -> None:
    checked = await ticket(fabric, "bug")

    with pytest.raises(HandlerFailed, match="RuntimeError"):
        await deliver(fabric, skill, checked.to_json())

    assert blobs(tmp_path) == [checked.dataref]


async def test_a_copy_of_what_is_done_does_no_harm(fabric: Lab, skill: Skill) -> None:
    """A crash after the blob went and before the settlement brings the ticket again."""
    checked = await ticket(fabric)
    await deliver(fabric, skill, checked.to_json())

    await deliver(fabric, skill, checked.to_json(), count=2)
    await deliver(fabric, skill, checked.to_json(), count=1)

    assert fabric.heard() == ["heard 5000000"]
    assert await letters(fabric) == []


async def test_a_ticket_whose_blob_is_lost_is_dead_with_that_reason(
    fabric: Lab, skill: Skill
) -> None:
    checked = await ticket(fabric)
    await fabric.claims.remove(checked)

    await deliver(fabric, skill, checked.to_json())

    [letter] = await letters(fabric)
    assert letter.reason == "claim_lost"


@pytest.mark.parametrize("body", ['{"dataref": 1}', '"dataref"', json.dumps({"dataref": "x"})])
async def test_what_is_no_ticket_passes_as_it_is(fabric: Lab, body: str) -> None:
    async with claims.redeemed(fabric, body) as whole:
        assert whole == body


async def test_a_dead_ticket_can_be_redriven(fabric: Lab, skill: Skill, tmp_path: Path) -> None:
    """The broker gave it up: the record is the ticket, and the blob stays for it."""
    checked = await ticket(fabric)
    await bury_body(fabric, checked.to_json(), "MaxDeliveryCountExceeded", queue="skill-count")
    [letter] = await letters(fabric)

    await redrive(fabric, letter)
    await fabric.drain()

    assert fabric.heard() == ["heard 5000000"]
    assert blobs(tmp_path) == []
