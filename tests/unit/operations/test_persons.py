"""What is kept of a person is found wherever it lies, handed out, held or erased, with a proof."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from functions.skills import handoff, tickets
from shared.errors import PermanentError
from shared.governance import audit
from shared.governance.access import Departments
from shared.governance.audit import Operator
from shared.governance.audit.verify import broken
from shared.governance.pseudonym import pseudonym
from shared.operations.deeds import persons
from shared.operations.reports import person as reports
from shared.ports.store import Create, Delete, Put, every
from shared.records.conversation import DOCUMENT as CONVERSATION
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

BOSS = Operator("boss", "cli")
PHONE = "491701234567"


@pytest.fixture
def fabric(lab: Callable[..., Lab]) -> Lab:
    skill = Skill("echo", "Echoes")

    @skill.on_message
    async def echo(turn: Turn) -> None:
        turn.state["last"] = turn.text
        turn.reply(f"echo: {turn.text}")

    return lab(skill)


async def talk(fabric: Lab, text: str, conversation: str = "one") -> None:
    await fabric.say(text, conversation=conversation)
    await fabric.drain()


async def test_all_that_is_kept_is_handed_out_and_explained(fabric: Lab) -> None:
    await talk(fabric, "my knee hurts")

    found = await persons.export(fabric, BOSS, "ann", "she asked")

    assert "everything that the organisation's chatbots keep of you" in found["README"]
    said = [record["content"] for record in found["records"] if record["kind"] == "said"]
    assert [(one["text"], one["replies"]) for one in said] == [
        ("my knee hurts", ["echo: my knee hurts"])
    ]
    [deed] = await audit.deeds(fabric.store)
    assert (deed.action, deed.purpose, deed.outcome) == (
        "person.export",
        "data-subject-request",
        "done",
    )
    assert "ann" not in str(deed.target.get("person"))


async def test_nothing_is_left_and_the_receipt_is_true(fabric: Lab) -> None:
    await talk(fabric, "my knee hurts")
    await talk(fabric, "and my back", "two")

    receipt = await persons.erase(fabric, BOSS, "ann", "she asked")

    assert sum(kept.count for kept in receipt.erased) > 6
    assert {"said", "conversation", "accepted"} <= {kept.kind for kept in receipt.erased}
    assert receipt.left == []
    assert await reports.records(fabric, "ann") == []
    assert await persons.faults(fabric, "ann", receipt) == []
    assert await broken(fabric.store) == ""
    await talk(fabric, "hello again")
    assert fabric.heard()[-1] == "echo: hello again"


async def test_a_pseudonym_is_nobodys_once_its_key_is_gone(fabric: Lab) -> None:
    await talk(fabric, "hello")
    before = await pseudonym(fabric.store, "ann")
    assert await pseudonym(fabric.store, "ann") == before

    receipt = await persons.erase(fabric, BOSS, "ann", "she asked")

    assert receipt.person == before
    assert await pseudonym(fabric.store, "ann") != before


@pytest.mark.parametrize(
    ("partition", "id", "body"),
    [
        ("lab.web.other", "seen:1", {"text": f"call {PHONE} please", "person": ""}),
        ("lab.web.other", "dead:1", {"event": {"data": {"from": {"id": PHONE}}}}),
        (f"anything.{PHONE}", "note:1", {}),
        ("tickets", f"ticket:{PHONE}", {"title": "printer"}),
        ("deep", "x:1", {"a": [{"b": [{PHONE: 1}]}]}),
    ],
)
async def test_what_is_planted_anywhere_makes_the_check_fail_and_is_erased_by_the_next(
    fabric: Lab, partition: str, id: str, body: dict[str, object]
) -> None:
    receipt = await persons.erase(fabric, BOSS, PHONE, "asked")
    assert await persons.faults(fabric, PHONE, receipt) == []

    await fabric.store.write(partition, Create(id, body))

    assert await persons.faults(fabric, PHONE, receipt) != []
    again = await persons.erase(fabric, BOSS, PHONE, "asked")
    assert [kept.count for kept in again.erased] == [1]
    assert await persons.faults(fabric, PHONE, again) == []


async def test_a_receipt_that_was_changed_or_made_up_is_refused(fabric: Lab) -> None:
    receipt = await persons.erase(fabric, BOSS, PHONE, "asked")

    changed = await persons.faults(fabric, PHONE, replace(receipt, reason="other"))
    made_up = await persons.faults(fabric, PHONE, replace(receipt, reason="other").sealed())

    assert changed == ["the receipt was changed: its digest is another one"]
    assert made_up == ["the receipt is not on record in the audit"]


async def test_tickets_and_who_waits_are_found_when_the_conversation_is_gone(
    lab: Callable[..., Lab],
) -> None:
    fabric = lab(tickets.skill, handoff.skill)
    for text in ("/ticket my screen flickers", "hardware", "high", "yes", "/handoff help me"):
        await talk(fabric, text)
    [conversation] = [c async for c in every(fabric.store, CONVERSATION) if c.id == CONVERSATION]
    await fabric.store.write(conversation.partition, Delete(CONVERSATION))
    research, sales = (Departments(frozenset({name})) for name in ("Research", "Sales"))
    assert await reports.records(fabric, "ann", sales) == []

    receipt = await persons.erase(fabric, BOSS, "ann", "she asked", research)

    assert {"ticket", "waiting"} <= {kept.kind for kept in receipt.erased}
    assert await persons.faults(fabric, "ann", receipt) == []


async def test_what_is_under_way_is_left_and_said(fabric: Lab) -> None:
    await talk(fabric, "hello")
    await fabric.say("and now")

    receipt = await persons.erase(fabric, BOSS, "ann", "she asked")
    await fabric.drain()

    assert [kept.kind for kept in receipt.left] == ["accepted"]
    assert fabric.heard() == ["echo: hello", "echo: and now"]
    assert (await persons.erase(fabric, BOSS, "ann", "she asked")).left == []


async def test_others_keep_what_is_theirs(fabric: Lab) -> None:
    await talk(fabric, "hello")
    other = Put("note:1", {"user": "anna", "text": "ann-marie"})
    await fabric.store.write("elsewhere", other)

    await persons.erase(fabric, BOSS, "ann", "she asked")

    assert await fabric.store.get("elsewhere", "note:1")


async def test_a_legal_hold_wins_over_erasure_until_it_is_released(fabric: Lab) -> None:
    await talk(fabric, "evidence")
    kept = await reports.records(fabric, "ann")
    await persons.hold(fabric, BOSS, "ann", "case 7")

    with pytest.raises(PermanentError, match="case 7"):
        await persons.erase(fabric, BOSS, "ann", "she asked")

    assert {item.id for item in await reports.records(fabric, "ann")} >= {i.id for i in kept}
    assert (await reports.show(fabric, "ann")).held == "case 7"
    [*_, deed] = await audit.deeds(fabric.store)
    assert deed.outcome.startswith("failed: held")
    await persons.release(fabric, BOSS, "ann", "case closed")
    assert (await persons.erase(fabric, BOSS, "ann", "she asked")).left == []


async def test_an_owner_of_another_department_finds_and_erases_nothing(fabric: Lab) -> None:
    await talk(fabric, "hello")
    sales, research = (Departments(frozenset({name})) for name in ("Sales", "Research"))

    receipt = await persons.erase(fabric, BOSS, "ann", "she asked", sales)

    assert (receipt.erased, receipt.left) == ([], [])
    assert await reports.records(fabric, "ann", research)
    await persons.erase(fabric, BOSS, "ann", "she asked", research)
    assert await reports.records(fabric, "ann", research) == []
