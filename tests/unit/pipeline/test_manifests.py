"""Two versions of a bot's manifest: which one a conversation has, and how the versions do."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.errors import PermanentError
from shared.event import Event
from shared.governance import audit
from shared.governance.audit import Operator
from shared.operations.deeds.rollout import roll_out_manifest, stop_below_floor
from shared.operations.reports.turns import Scope
from shared.operations.reports.versions import compare_manifests
from shared.pipeline.door import facts
from shared.records.conversation import stored
from shared.records.seen import transcripts
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

ANN = Operator("ann", "cli")


def says(name: str) -> Skill:
    """Answers with its name and the bot's instructions; keeps or drops the floor when asked."""
    skill = Skill(name, "Says what it was told to be")

    @skill.on_message
    async def answer(turn: Turn) -> None:
        match turn.text:
            case "wrong":
                raise PermanentError("no_such_thing")
            case "/form stay":
                turn.hold_floor()
            case "leave":
                turn.release_floor()
        turn.reply(f"{name}: {turn.bot.instructions}")

    return skill


@pytest.fixture
def fabric(lab: Callable[..., Lab]) -> Lab:
    made = lab(says("plain"), says("form"), head='instructions = "Be brief."')
    second = replace(
        made.bots["lab"], instructions="Be kind.", skills=["plain"], default_skill="plain"
    )
    made.manifests = {"lab": {"v2": second}}
    return made


async def said(fabric: Lab, text: str, conversation: str = "one") -> str:
    await fabric.say(text, conversation=conversation)
    await fabric.drain()
    return fabric.heard(conversation)[-1]


async def rolled_out(fabric: Lab, share: float, *, stop_above: float = 0.0) -> None:
    await roll_out_manifest(
        fabric, ANN, "lab", "v2", share, reason="kinder words", stop_above=stop_above
    )


async def test_it_is_given_and_taken_back_without_a_deployment(fabric: Lab) -> None:
    before = await said(fabric, "hello")
    await rolled_out(fabric, 1.0)
    given = await said(fabric, "hello")
    await rolled_out(fabric, 0.0)

    assert (before, given) == ("plain: Be brief.", "plain: Be kind.")
    assert await said(fabric, "hello") == "plain: Be brief."


async def test_who_why_and_what_is_on_record(fabric: Lab) -> None:
    await rolled_out(fabric, 0.25)

    [deed] = await audit.deeds(fabric.store)
    assert (deed.who, deed.purpose, deed.action) == ("ann", "kinder words", "rollout")
    assert deed.target == {"bot": "lab", "manifest": "v2", "share": "0.25"}
    assert (deed.bot, deed.department) == ("lab", "Research")


async def test_the_version_is_pinned_in_the_conversation_and_told_by_transcript(
    fabric: Lab,
) -> None:
    await rolled_out(fabric, 1.0)
    key = await fabric.say("hello")
    await fabric.drain()

    conversation = await stored(fabric.store, key)
    assert conversation is not None
    assert conversation.manifest == "v2"
    assert [item.body["manifest"] async for item in transcripts(fabric.store)] == ["v2"]


async def test_the_door_routes_by_the_version(fabric: Lab) -> None:
    assert await said(fabric, "/form") == "form: Be brief."
    await rolled_out(fabric, 1.0)

    assert await said(fabric, "/form", "two") == "plain: Be kind."


async def test_a_skill_that_holds_the_floor_is_not_taken_away(fabric: Lab) -> None:
    await said(fabric, "/form stay")

    await rolled_out(fabric, 1.0)

    assert await said(fabric, "go on") == "form: Be brief."
    assert await said(fabric, "leave") == "form: Be brief."
    assert await said(fabric, "hello") == "plain: Be kind."


async def test_a_fact_finds_the_skills_of_the_conversations_version(fabric: Lab) -> None:
    heard: list[str] = []

    @fabric.skills["form"].on_event("ticket.created")
    async def hears(turn: Turn) -> None:
        heard.append(turn.bot.instructions)

    key = await fabric.say("hello")
    await fabric.drain()
    fact = Event("f1", "ticket.created", {}, bot="lab", conversation=key, source="/t")
    await rolled_out(fabric, 1.0)

    await facts.fan_out(fabric, fact.to_json())
    await fabric.drain()

    assert heard == []


async def test_versions_stand_beside_each_other_and_one_that_fails_is_stopped(fabric: Lab) -> None:
    await rolled_out(fabric, 1.0, stop_above=0.5)
    for number in range(3):
        await said(fabric, "hello", f"c{number}")
    for number in range(5):
        await fabric.say("wrong", conversation=f"w{number}")
        await fabric.drain()
    await said(fabric, "hello", "last")

    found = await compare_manifests(fabric, Scope(), "lab")

    assert (found.bot, found.skill, found.share, found.by) == ("lab", "", 0.0, "bot-fabric")
    first, second = found.versions
    assert (first.version, first.turns, second.version, second.turns) == ("v1", 1, "v2", 3)
    assert (second.failed, second.tried) == (5, 8)
    deed = next(one for one in await audit.deeds(fabric.store) if one.who == "bot-fabric")
    assert (deed.policy, deed.bot, deed.target["share"]) == ("stop_above", "lab", "0")


async def test_one_below_its_floor_is_stopped_once(fabric: Lab) -> None:
    await rolled_out(fabric, 0.5)

    assert not await stop_below_floor(fabric, "lab", "v3", "70 % are right, the floor is 85 %")
    assert await stop_below_floor(fabric, "lab", "v2", "70 % are right, the floor is 85 %")
    assert not await stop_below_floor(fabric, "lab", "v2", "70 % are right, the floor is 85 %")

    deed = next(one for one in await audit.deeds(fabric.store) if one.who == "bot-fabric")
    assert (deed.policy, deed.purpose) == ("floor", "70 % are right, the floor is 85 %")


@pytest.mark.parametrize(
    ("bot", "version", "reason", "told"),
    [
        ("none", "v2", "why", "there is no bot 'none'"),
        ("lab", "v9", "why", "lab has no v9; it has v1, v2"),
        ("lab", "v2", "  ", "what a bot says changes with a reason; write it"),
    ],
)
async def test_what_is_no_rollout_is_refused(
    fabric: Lab, bot: str, version: str, reason: str, told: str
) -> None:
    with pytest.raises(PermanentError) as error:
        await roll_out_manifest(fabric, ANN, bot, version, 0.1, reason=reason)

    assert error.value.detail == told
