"""A deed of high risk waits for a second person, is done once, and never for who asked alone."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from time import time
from typing import Any

import pytest

from shared.dialogue.phrases import phrase
from shared.errors import PermanentError, TransientError
from shared.governance import audit
from shared.governance.access import EVERYWHERE, Grant, Rights
from shared.governance.audit import Operator
from shared.governance.limits.switches import Switches
from shared.governance.roles import Role
from shared.operations.deeds import approvals as deeds
from shared.operations.deeds import persons
from shared.operations.deeds.approvals import Decider, NotTheirs
from shared.operations.reports.approvals import approvals
from shared.operations.reports.books import books
from shared.pipeline.outbox import relay
from shared.pipeline.turns.deciding import expire_overdue
from shared.ports.store import Put
from shared.records.approval import PREFIX, Approval, State
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

BEN = Decider(Operator("ben", "cli"))
PAID = Counter[str]()


def treasury() -> Skill:
    skill = Skill("treasury", "Pays", purpose="support")

    @skill.on_message
    async def pay(turn: Turn) -> None:
        if not turn.text.startswith("pay"):
            turn.reply(f"heard: {turn.text}")
            return
        euros = int(turn.text.split()[1])
        turn.reply("before")
        approval = await turn.approval("pay", euros=euros, to="Contoso")
        PAID[turn.event.work_id] += 1
        turn.reply(f"paid {euros}, approved by {approval.by}")
        if "twice" in turn.text:
            await turn.approval("pay", euros=euros, to="Fabrikam")

    return skill


@pytest.fixture
def fabric(lab: Callable[..., Lab]) -> Lab:
    PAID.clear()
    return lab(treasury())


async def ask(fabric: Lab, text: str, conversation: str = "one") -> list[str]:
    before = len(fabric.heard(conversation))
    await fabric.say(text, conversation=conversation)
    await fabric.drain()
    return fabric.heard(conversation)[before:]


async def waiting_id(fabric: Lab) -> str:
    [one] = await approvals(fabric)
    return one.id


async def actions(fabric: Lab) -> list[tuple[str, str]]:
    """What is on record, each deed by its last outcome."""
    found = [
        (entry.action, entry.outcome)
        async for entry in audit.entries(fabric.store)
        if entry.action.startswith("approval.") and entry.outcome != audit.BEGUN
    ]
    return sorted(found)


async def overdue(fabric: Lab) -> None:
    """Let the time be over of what waits."""
    for item in await fabric.store.find(None, PREFIX):
        body = {**item.body, "until": time() - 1}
        await fabric.store.write(item.partition, Put(item.id, body, etag=item.etag, due=time() - 1))


async def test_it_waits_and_is_done_once_it_was_approved(fabric: Lab) -> None:
    [told] = await ask(fabric, "pay 500")
    assert told.startswith("This has to be approved by a second person: pay\n")
    assert not PAID
    assert await ask(fabric, "still there?") == ["heard: still there?"], "nothing is held up"

    [one] = await approvals(fabric)
    assert (one.bot, one.skill, one.deed, one.arguments) == (
        "lab",
        "treasury",
        "pay",
        {"euros": 500, "to": "Contoso"},
    )
    assert (await deeds.approve(fabric, BEN, one.id)).state == "approved"
    await fabric.drain()

    assert fabric.heard()[-2:] == ["before", "paid 500, approved by ben"]
    assert sum(PAID.values()) == 1
    assert await approvals(fabric) == []
    assert await actions(fabric) == [
        ("approval.approve", "done"),
        ("approval.asked", "done"),
        ("approval.carried-out", "done"),
    ]
    numbers = await books(fabric)
    assert numbers["accepted"] == numbers["done"] == 2


async def test_nothing_of_it_is_in_a_queue_while_it_waits(fabric: Lab) -> None:
    await ask(fabric, "pay 500")

    bus: Any = fabric.bus
    assert not any(sum(count.values()) for count in (await bus.counts()).values())
    assert await fabric.store.find(None, "outbox:") == []


async def test_what_was_denied_is_not_done_and_the_person_is_told_why(fabric: Lab) -> None:
    await ask(fabric, "pay 500")
    await deeds.deny(fabric, BEN, await waiting_id(fabric), "Not before June.")
    await fabric.drain()

    said = phrase("en", "approval.denied", title="pay")
    assert fabric.heard()[-1] == f"{said}\n\nThe reason: Not before June."
    assert not PAID
    assert ("approval.deny", "done") in await actions(fabric)


async def test_what_nobody_decides_on_expires_and_the_person_is_told(fabric: Lab) -> None:
    await ask(fabric, "pay 500")
    id = await waiting_id(fabric)
    await overdue(fabric)
    with pytest.raises(PermanentError, match="its time is over"):
        await deeds.approve(fabric, BEN, id)

    await expire_overdue(fabric)
    await expire_overdue(fabric)
    await fabric.drain()

    assert fabric.heard()[1:] == [phrase("en", "approval.expired", title="pay")]
    assert not PAID
    assert ("approval.expired", "done") in await actions(fabric)
    with pytest.raises(PermanentError, match="it is expired already"):
        await deeds.approve(fabric, BEN, id)


@pytest.mark.parametrize("name", ["ann", "ANN"])
async def test_who_asked_does_not_approve(fabric: Lab, name: str) -> None:
    await ask(fabric, "pay 500")
    id = await waiting_id(fabric)

    for deed in (deeds.approve, deeds.deny):
        with pytest.raises(NotTheirs, match="who asked for it does not decide"):
            await deed(fabric, Decider(Operator(name, "http"), everything()), id)
    await fabric.drain()

    assert not PAID
    assert await waiting_id(fabric) == id
    assert ("approval.approve", "denied") in await actions(fabric)


def everything() -> Rights:
    return Rights([Grant("user:x", Role.ADMIN, frozenset({EVERYWHERE}))])


async def test_whoever_lost_the_role_is_turned_away(fabric: Lab) -> None:
    await ask(fabric, "pay 500")
    id = await waiting_id(fabric)
    who = Operator("carl", "http")
    owner = Rights([Grant("user:carl", Role.OWNER, frozenset({"Research"}))])
    operator = Rights([Grant("user:carl", Role.OPERATOR, frozenset({"Research"}))])
    elsewhere = Rights([Grant("user:carl", Role.OWNER, frozenset({"Sales"}))])

    for rights in (Rights(), operator, elsewhere):
        with pytest.raises(NotTheirs, match="it takes the role owner in Research"):
            await deeds.approve(fabric, Decider(who, rights), id)
    assert (await deeds.approve(fabric, Decider(who, owner), id)).state == "approved"


async def test_a_group_that_the_manifest_names_narrows_who_decides(lab: Callable[..., Lab]) -> None:
    group = "5f0f9e8e-6b0e-4f0e-9b39-0f8d4d2a7a11"
    fabric = lab(
        treasury(), manifest=f'[approvals]\nrole = "operator"\ngroups = ["{group.upper()}"]'
    )
    rights = Rights([Grant("user:carl", Role.OPERATOR, frozenset({"Research"}))])
    await ask(fabric, "pay 500")
    id = await waiting_id(fabric)

    with pytest.raises(NotTheirs, match="one of the groups"):
        await deeds.approve(fabric, Decider(Operator("carl", "http"), rights, {"other"}), id)
    done = await deeds.approve(fabric, Decider(Operator("carl", "http"), rights, {group}), id)

    assert done.state == "approved"


async def test_of_two_who_decide_at_once_one_does(fabric: Lab) -> None:
    import asyncio

    await ask(fabric, "pay 500")
    id = await waiting_id(fabric)
    dora = Decider(Operator("dora", "cli"))

    done = await asyncio.gather(
        deeds.approve(fabric, BEN, id),
        deeds.deny(fabric, dora, id),
        deeds.approve(fabric, dora, id),
        return_exceptions=True,
    )
    await fabric.drain()

    [one] = [result for result in done if not isinstance(result, PermanentError)]
    assert isinstance(one, deeds.Decision)
    assert sum(PAID.values()) == (one.state == "approved")
    assert len(fabric.heard()) == (3 if PAID else 2)


async def test_it_is_done_after_a_kill_between_the_decision_and_its_wake_up(fabric: Lab) -> None:
    """The decision and what follows are one write: the sweep finds it."""
    await ask(fabric, "pay 500")
    bus: Any = fabric.bus

    class Deaf:
        def __getattr__(self, name: str) -> Any:
            return getattr(bus, name)

        async def send(self, *arguments: Any, **more: Any) -> None:
            raise TransientError("the bus is away")

    fabric.__dict__["bus"] = Deaf()
    await deeds.approve(fabric, BEN, await waiting_id(fabric))
    fabric.__dict__["bus"] = bus
    await fabric.drain()
    assert not PAID

    await relay.sweep(fabric)
    await relay.sweep(fabric)
    await fabric.drain()

    assert sum(PAID.values()) == 1
    assert fabric.heard()[-1] == "paid 500, approved by ben"


async def test_it_is_taken_up_after_a_restart(fabric: Lab) -> None:
    await ask(fabric, "pay 500")
    before = fabric.store
    await before.close()
    del fabric.__dict__["store"]

    await deeds.approve(fabric, BEN, await waiting_id(fabric))
    await fabric.drain()
    await before.close()  # what still has it has opened it again

    assert fabric.heard()[-1] == "paid 500, approved by ben"


async def test_what_is_stopped_waits_on_after_the_decision(fabric: Lab) -> None:
    await ask(fabric, "pay 500")
    switches: Switches = fabric.switches
    await switches.stop("bot", "lab")
    await deeds.approve(fabric, BEN, await waiting_id(fabric))
    await fabric.drain(until=lambda: True)
    assert not PAID

    await switches.start("bot", "lab")
    await fabric.drain()

    assert sum(PAID.values()) == 1


async def test_the_approval_is_good_for_the_very_deed_alone(fabric: Lab) -> None:
    await ask(fabric, "pay 500")
    id = await waiting_id(fabric)
    [item] = await fabric.store.find(None, PREFIX)
    deed = {**item.body["deed"], "arguments": {"euros": 5, "to": "Contoso"}}
    await fabric.store.write(item.partition, Put(item.id, {**item.body, "deed": deed}))

    await deeds.approve(fabric, BEN, id)
    await fabric.drain()

    assert not PAID
    assert fabric.heard()[-1] == phrase("en", "approval.separate")


async def test_who_says_so_in_a_queue_has_not_approved(fabric: Lab) -> None:
    await ask(fabric, "pay 500")
    [item] = await fabric.store.find(None, PREFIX)
    forged = Approval.of(item).decide(State.APPROVED, "mallory", "", time()).next_event()
    bus: Any = fabric.bus

    await bus.send("skill-treasury", forged)
    await fabric.drain()

    assert not PAID
    assert len(fabric.heard()) == 1


async def test_a_turn_asks_for_one_approval(fabric: Lab) -> None:
    await ask(fabric, "pay 7 twice")
    await deeds.approve(fabric, BEN, await waiting_id(fabric))
    await fabric.drain()

    assert fabric.heard()[-1] == phrase("en", "approval.separate")
    assert await approvals(fabric) == []


async def test_who_is_erased_has_nothing_done_in_their_name(fabric: Lab) -> None:
    await ask(fabric, "pay 500")
    id = await waiting_id(fabric)
    kept = (await persons.show(fabric, BEN.who, "ann", "case 1")).kept
    assert "approval" in {one.kind for one in kept}

    await persons.erase(fabric, BEN.who, "ann", "case 1")

    with pytest.raises(PermanentError, match="nothing of that id"):
        await deeds.approve(fabric, BEN, id)
    assert await fabric.store.find(None, PREFIX) == []


async def test_who_is_erased_between_the_decision_and_the_deed_has_nothing_done(
    fabric: Lab,
) -> None:
    await ask(fabric, "pay 500")
    await deeds.approve(fabric, BEN, await waiting_id(fabric))
    await persons.erase(fabric, BEN.who, "ann", "case 1")
    await fabric.drain()

    assert not PAID


async def test_a_legal_hold_keeps_it_past_the_decision(fabric: Lab) -> None:
    await ask(fabric, "pay 500")
    await persons.hold(fabric, BEN.who, "ann", "a claim")
    await deeds.deny(fabric, BEN, await waiting_id(fabric))
    await fabric.drain()

    with pytest.raises(PermanentError, match="held"):
        await persons.erase(fabric, BEN.who, "ann", "she asked")
    [item] = await fabric.store.find(None, PREFIX)
    assert Approval.of(item).state is State.DENIED
    assert await is_for_ever(fabric, item.partition, item.id)


async def is_for_ever(fabric: Lab, partition: str, id: str) -> bool:
    """Whether the store will keep an item, as its file says."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(fabric.settings.data_dir / "store.db")) as file:
        [[expires]] = file.execute(
            "select expires from item where partition = ? and id = ?", (partition, id)
        )
    return expires is None


async def test_where_people_can_sign_in_whoever_asks_has_to(fabric: Lab) -> None:
    fabric.settings = replace(
        fabric.settings,
        sign_in_authority="https://login.example/t",
        sign_in_client_id="app",
        public_url="http://localhost:7071",
    )

    [told] = await ask(fabric, "pay 500")

    assert "/api/sign-in" in told
    assert await approvals(fabric) == []


async def test_in_the_cloud_nobody_unknown_asks_for_approval(fabric: Lab) -> None:
    fabric.settings = replace(fabric.settings, local=False)

    assert await ask(fabric, "pay 500") == [phrase("en", "signin.nowhere")]
    assert await approvals(fabric) == []


async def test_in_the_cloud_the_command_line_decides_on_nothing(fabric: Lab) -> None:
    await ask(fabric, "pay 500")
    fabric.settings = replace(fabric.settings, local=False)

    with pytest.raises(NotTheirs, match="decide over HTTP"):
        await deeds.approve(fabric, BEN, await waiting_id(fabric))


async def test_in_any_order_of_events_each_deed_is_done_as_often_as_it_was_approved(
    fabric: Lab,
) -> None:
    """250 random steps: ask, approve, deny, expire, by anybody, with copies and sweeps between."""
    dice = random.Random(34)
    states: dict[str, str] = {}
    people = ["ben", "dora", "ann"]
    for step in range(250):
        match dice.choice(["ask", "approve", "approve", "deny", "expire", "sweep", "drain"]):
            case "ask":
                await fabric.say(f"pay {step}", conversation=f"c{dice.randrange(5)}")
            case "approve" | "deny" as kind:
                found = await approvals(fabric, all=True)
                if not found:
                    continue
                one, name = dice.choice(found), dice.choice(people)
                decider = Decider(Operator(name, "cli"))
                deed = deeds.approve if kind == "approve" else deeds.deny
                try:
                    done = await deed(fabric, decider, one.id)
                except PermanentError:
                    assert name == "ann" or one.state != "waiting"
                else:
                    assert name != "ann"
                    assert one.id not in states
                    states[one.id] = done.state
            case "expire":
                if dice.random() < 0.2:
                    before = {one.id for one in await approvals(fabric)}
                    await overdue(fabric)
                    await expire_overdue(fabric)
                    states |= dict.fromkeys(before, "expired")
            case "sweep":
                await relay.sweep(fabric)
            case "drain":
                await fabric.drain()
    await fabric.drain()

    after = {one.id: one.state for one in await approvals(fabric, all=True)}
    assert {id: state for id, state in after.items() if state != "waiting"} == states
    assert set(PAID.values()) <= {1}
    assert sum(PAID.values()) == sum(state == "approved" for state in states.values())
    assert len(states) > 10
    assert set(states.values()) == {"approved", "denied", "expired"}
