"""A version that fails more often than its rollout bears loses its share by itself, on record."""

from collections.abc import Callable

import pytest

from shared.errors import PermanentError, Unavailable
from shared.governance import audit
from shared.governance.audit import Operator
from shared.observability.meter import ModelCall, record
from shared.operations.deeds.rollout import roll_out
from shared.operations.reports.turns import Scope
from shared.operations.reports.versions import Comparison, compare
from shared.ports.models import Usage
from shared.skill import Skill, versions
from shared.turn import Turn
from tests.lab import Lab

ANN = Operator("ann", "cli")
CALL = ModelCall("default", "gpt", "chat", Usage(1_000_000, 0))


def version(name: str) -> Skill:
    skill = Skill("answers", "Answers", version=name)

    @skill.on_message
    async def answer(turn: Turn) -> None:
        match name, turn.text:
            case "v2", "wrong":
                raise PermanentError("no_such_thing")
            case "v2", "bug":
                raise ZeroDivisionError
            case "v2", "down":
                raise Unavailable("the CRM", after=0.01)
            case _, "person":
                turn.hand_off("handoff")
            case _:
                record(CALL)
                turn.reply(name)

    return skill


@pytest.fixture
def fabric(lab: Callable[..., Lab]) -> Lab:
    first, handoff = version("v1"), Skill("handoff", "Brings a person in")

    @handoff.on_message
    async def take(turn: Turn) -> None:
        turn.reply("a person comes")

    made = lab(first, handoff)
    made.versions = versions(made.skills, {"answers": {"v2": version("v2")}})
    return made


async def say(fabric: Lab, text: str, times: int = 1) -> None:
    """Each time in a conversation of its own."""
    for _ in range(times):
        await fabric.say(text, conversation=f"c{fabric.count}")
        await fabric.drain()


async def compared(fabric: Lab) -> Comparison:
    return await compare(fabric, Scope(), "answers")


@pytest.mark.parametrize("broken", ["wrong", "bug"])
async def test_a_version_that_fails_too_often_gets_no_conversation_any_more(
    fabric: Lab, broken: str
) -> None:
    fabric.bus.max_deliveries = 1
    await roll_out(fabric, ANN, "answers", "v2", 1.0, stop_above=0.2)
    await say(fabric, "hello", 5)

    await say(fabric, broken, 4)
    assert (await compared(fabric)).share == 1.0
    await say(fabric, broken)

    now = await compared(fabric)
    assert (now.share, now.by) == (0.0, "bot-fabric")
    await say(fabric, "hello")
    assert fabric.memory.sent[-1][1].text == "v1"
    deed = next(one for one in await audit.deeds(fabric.store) if one.who == "bot-fabric")
    assert (deed.action, deed.target["version"], deed.outcome) == ("rollout", "v2", "done")
    assert deed.purpose == now.reason
    assert "5 of" in now.reason


async def test_without_a_bound_nothing_is_stopped(fabric: Lab) -> None:
    await roll_out(fabric, ANN, "answers", "v2", 1.0)

    await say(fabric, "wrong", 8)

    now = await compared(fabric)
    assert (now.share, now.versions[1].failed) == (1.0, 8)


async def test_a_backend_that_is_down_is_no_fault_of_the_version(fabric: Lab) -> None:
    await roll_out(fabric, ANN, "answers", "v2", 1.0, stop_above=0.01)

    for number in range(6):
        await fabric.say("down", conversation=f"c{number}")
    for delivery in await fabric.deliveries():
        await fabric.run(delivery)

    now = await compared(fabric)
    assert (now.share, now.versions[1].failed) == (1.0, 0)


async def test_versions_stand_beside_each_other(fabric: Lab) -> None:
    await say(fabric, "before the rollout")
    await roll_out(fabric, ANN, "answers", "v2", 1.0)
    await say(fabric, "hello", 3)
    await say(fabric, "person")
    await say(fabric, "wrong")
    await roll_out(fabric, ANN, "answers", "v2", 0.0)
    await say(fabric, "hello", 2)

    first, second = (await compared(fabric)).versions

    assert (first.version, first.turns, first.conversations, first.failed) == ("v1", 2, 2, 0)
    assert (second.version, second.turns, second.conversations) == ("v2", 4, 4)
    assert (second.handed_over, first.handed_over) == (1, 0)
    assert second.failed == 1
    assert (first.unpriced, second.unpriced) == (1, 1)


async def test_a_skill_in_one_version_is_counted_nowhere(fabric: Lab) -> None:
    fabric.versions = {}
    await say(fabric, "hello", 3)

    assert await fabric.items("rollouts", "tally:") == []
