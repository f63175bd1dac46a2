"""Two versions of a skill: which one answers, what it finds, and what a change on the way does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.errors import ConfigurationError, PermanentError
from shared.governance.audit import Operator
from shared.operations.deeds.rollout import roll_out
from shared.records.seen import transcripts
from shared.skill import Skill, versions
from shared.turn import Turn
from tests.lab import Lab
from tests.terminal import Terminal

ANN = Operator("ann", "cli")


def first() -> Skill:
    skill = Skill("counter", "Counts")

    @skill.on_message
    async def count(turn: Turn) -> None:
        turn.state["count"] = turn.state.get("count", 0) + 1
        turn.reply(f"one {turn.state['count']}")

    return skill


def second(*, migrates: bool = True) -> Skill:
    skill = Skill("counter", "Counts in words", version="v2")

    @skill.on_message
    async def count(turn: Turn) -> None:
        turn.state["so far"] = [*turn.state.get("so far", []), turn.text]
        turn.reply(f"two {len(turn.state['so far'])}")

    if migrates:

        @skill.reads_state_of("v1")
        def from_first(state: dict[str, Any]) -> dict[str, Any]:
            return {"so far": ["?"] * state["count"]}

    return skill


@pytest.fixture
def counting(lab: Callable[..., Lab]) -> Callable[..., Lab]:
    def make(further: Skill) -> Lab:
        base = first()
        fabric = lab(base)
        fabric.versions = versions({"counter": base}, {"counter": {"v2": further}})
        return fabric

    return make


async def rolled_out(fabric: Lab, share: float) -> None:
    await roll_out(fabric, ANN, "counter", "v2", share, reason="a trial")


async def said(fabric: Lab, text: str, conversation: str = "one") -> str:
    await fabric.say(text, conversation=conversation)
    await fabric.drain()
    return fabric.heard(conversation)[-1]


async def test_until_somebody_rolls_out_the_first_answers(counting: Callable[..., Lab]) -> None:
    assert await said(counting(second()), "hello") == "one 1"


async def test_the_new_version_goes_on_where_the_old_one_was(
    counting: Callable[..., Lab],
) -> None:
    fabric = counting(second())
    await said(fabric, "a")
    await said(fabric, "b")

    await rolled_out(fabric, 1.0)

    assert await said(fabric, "c") == "two 3"
    assert await said(fabric, "d") == "two 4"


async def test_who_cannot_be_read_stays_where_he_was(counting: Callable[..., Lab]) -> None:
    fabric = counting(second(migrates=False))
    await said(fabric, "a")

    await rolled_out(fabric, 1.0)

    assert await said(fabric, "b") == "one 2"
    assert await said(fabric, "hello", "another") == "two 1"


async def test_rolled_back_new_conversations_are_the_firsts_again(
    counting: Callable[..., Lab],
) -> None:
    """The first does not read what the second wrote, so that conversation ends with the second."""
    fabric = counting(second())
    await rolled_out(fabric, 1.0)
    await said(fabric, "a")

    await rolled_out(fabric, 0.0)

    assert await said(fabric, "hello", "another") == "one 1"
    assert await said(fabric, "b") == "two 2"


async def test_the_transcript_says_which_version_it_was(counting: Callable[..., Lab]) -> None:
    fabric = counting(second())
    key = await fabric.say("a")
    await fabric.drain()
    await rolled_out(fabric, 1.0)
    await said(fabric, "b")

    told = [item.body.get("version", "v1") async for item in transcripts(fabric.store, key)]

    assert told == ["v1", "v2"]


async def test_a_process_without_the_version_leaves_the_message_to_another(
    counting: Callable[..., Lab],
) -> None:
    fabric = counting(second())
    await rolled_out(fabric, 1.0)
    await said(fabric, "a")
    known, fabric.versions = fabric.versions, {}

    await fabric.say("b")
    await fabric.drain(until=lambda: True)
    for delivery in await fabric.deliveries():
        await fabric.run(delivery)
    assert fabric.heard() == ["two 1"]

    fabric.versions = known
    await fabric.drain()
    assert fabric.heard() == ["two 1", "two 2"]


@pytest.mark.parametrize(
    ("skill", "version", "bots", "reason"),
    [
        ("counter", "v3", (), "no_such_version"),
        ("nothing", "v2", (), "no_such_skill"),
        ("counter", "v2", ("nobody",), "no_such_bot"),
    ],
)
async def test_what_is_not_there_is_not_rolled_out(
    counting: Callable[..., Lab], skill: str, version: str, bots: tuple[str, ...], reason: str
) -> None:
    fabric = counting(second())

    with pytest.raises(PermanentError, match=reason):
        await roll_out(fabric, ANN, skill, version, 0.5, bots=bots)

    assert await fabric.rollouts.read() == {}


async def test_growing_keeps_who_is_in_and_another_version_draws_anew(
    counting: Callable[..., Lab],
) -> None:
    fabric = counting(second())
    tenth = await roll_out(fabric, ANN, "counter", "v2", 0.1)
    half = await roll_out(fabric, ANN, "counter", "v2", 0.5)
    back = await roll_out(fabric, ANN, "counter", "v1", 1.0)

    assert tenth.salt == half.salt != back.salt


def test_a_version_must_handle_what_the_first_does() -> None:
    base, further = first(), second()
    base.events["ticket.created"] = base.message  # type: ignore[assignment]

    with pytest.raises(ConfigurationError, match=r"counter v2: events: lacks 'ticket.created'"):
        versions({"counter": base}, {"counter": {"v2": further}})
    with pytest.raises(ConfigurationError, match="there is no v1 of it"):
        versions({}, {"counter": {"v2": further}})


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("echo", "v2"), "error: write a version and a share: rollout SKILL v2 --share 10%\n"),
        (("echo", "v2", "--share", "ten"), "error: --share is 'ten'; write 0% to 100%\n"),
        (("echo", "v2", "--share", "101%"), "error: --share is '101%'; write 0% to 100%\n"),
        (("echo", "v2", "--share", "5%"), "error: echo has no v2; it has only one\n"),
        (("none", "v2", "--share", "5%"), "error: there is no skill 'none'\n"),
        (("none",), "error: there is no skill 'none'\n"),
        (
            ("echo", "v2", "--share", "5%", "--stop-above", "few"),
            "error: --stop-above is 'few'; write 0% to 100%\n",
        ),
    ],
)
def test_the_command_says_what_to_write(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    answer = Terminal(tmp_path).type("rollout", *words)

    assert (answer.returncode, answer.stderr) == (2, told)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("alpha", "v2", "--share", "5%"), 'write --reason "...": it is kept beside what the bot'),
        (("alpha", "v9", "--share", "5%", "--reason", "x"), "alpha has no v9; it has v1, v2"),
        (("beta", "v2", "--share", "5%", "--reason", "x"), "beta has no v2; it has only one"),
        (("alpha", "v2", "--share", "5%", "--bots", "beta"), "--bots belongs to a skill"),
        (
            ("echo", "v2", "--share", "5%", "--kind", "bot", "--reason", "x"),
            "there is no bot 'echo'",
        ),
    ],
)
def test_the_command_says_what_to_write_for_a_bot(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    terminal = Terminal(tmp_path)
    (terminal.bots / "alpha").mkdir()
    (terminal.bots / "alpha" / "v2.toml").write_text('instructions = "Be kind."\n')

    answer = terminal.type("rollout", *words)

    assert answer.returncode == 2
    assert told in answer.stderr


def test_a_version_of_a_bot_is_rolled_out_and_back_by_command(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    (terminal.bots / "alpha").mkdir()
    (terminal.bots / "alpha" / "v2.toml").write_text('instructions = "Be kind."\n')

    out = terminal.type("rollout", "alpha", "v2", "--share", "10%", "--reason", "kinder")
    back = terminal.type("rollout", "alpha", "v2", "--share", "0%", "--reason", "too kind")
    compared = json.loads(terminal.type("rollout", "alpha", "--json").stdout)

    assert "alpha v2: 10.0000% of the conversations" in out.stdout
    assert "alpha v2: 0.0000% of the conversations" in back.stdout
    assert (compared["bot"], compared["reason"]) == ("alpha", "too kind")
    assert [one["version"] for one in compared["versions"]] == ["v1", "v2"]


def test_nothing_is_rolled_out_at_first(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)

    assert terminal.type("rollout").stdout.startswith("nothing is rolled out")
    assert json.loads(terminal.type("rollout", "--json").stdout) == []


def test_a_skill_alone_shows_its_versions_beside_each_other(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)

    first, header, row = terminal.type("rollout", "echo").stdout.splitlines()
    found = json.loads(terminal.type("rollout", "echo", "--json").stdout)

    assert first == "echo: 0.0000% of the conversations get v1"
    assert header.split()[:3] == ["version", "conversations", "turns"]
    assert row.split()[:3] == ["v1", "0", "0"]
    assert [one["version"] for one in found["versions"]] == ["v1"]
