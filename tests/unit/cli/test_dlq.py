"""Which dead letters a command means: those named, or all, and never by accident."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import dlq
from cli.__main__ import main
from shared.errors import ConfigurationError
from shared.event import Event
from shared.pipeline.turns.bury import bury
from shared.skill import Skill
from tests.lab import Lab
from tests.terminal import Terminal


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("redrive", "redrive needs the id of a letter, or --all for every one that fits"),
        ("show", "show needs the id of a letter"),
        ("redrive b --all", "b and --all: write the ids to redrive, or --all, not both"),
        ("discard b c --all", "b and --all: write the ids to discard, or --all, not both"),
    ],
)
def test_what_is_not_clear_is_refused_with_what_to_write(
    words: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dlq", *words.split()]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.removesuffix(" (botfabric dlq list)\n").rstrip() == f"error: {why}"


@pytest.fixture
async def fabric(lab: Callable[..., Lab]) -> Lab:
    """With one letter of a bot and a skill that are gone since."""
    made = lab(Skill("orders", "Looks orders up"))
    event = Event("1", "order.placed", bot="gone", conversation="gone/web/1")
    await bury(made, "skill-retired", event, "order_gone")
    return made


async def found(fabric: Lab, *words: str) -> list[str]:
    parser = argparse.ArgumentParser()
    dlq.add_arguments(parser)
    arguments = parser.parse_args(["list", *words])
    return [letter.id for letter in await dlq._found(fabric, arguments)]


@pytest.mark.parametrize("words", [(), ("--bot", "gone"), ("--skill", "retired")])
async def test_letters_outlive_their_bot_and_their_skill(
    fabric: Lab, words: tuple[str, ...]
) -> None:
    assert await found(fabric, *words) == ["1"]


@pytest.mark.parametrize(
    "words",
    [("--bot", "lab"), ("--skill", "orders"), ("--bot", "gone", "--reason", "x")],
)
async def test_what_is_known_may_have_none(fabric: Lab, words: tuple[str, ...]) -> None:
    assert await found(fabric, *words) == []


@pytest.mark.parametrize(("option", "kind"), [("--bot", "bot"), ("--skill", "skill")])
async def test_what_nobody_knows_is_not_taken_for_an_empty_desk(
    fabric: Lab, option: str, kind: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"no {kind} 'nobody', and no dead letter"):
        await found(fabric, option, "nobody")


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["redrive", "nope"], 1, "no dead letter nope (botfabric dlq list)"),
        (["list", "--bot", "nobody"], 2, "there is no bot 'nobody', and no dead letter of one"),
    ],
)
def test_the_exit_code_tells_a_missing_letter_from_a_slip(
    tmp_path: Path, words: list[str], code: int, why: str
) -> None:
    done = Terminal(tmp_path).type("dlq", *words)

    assert (done.returncode, done.stdout, done.stderr) == (code, "", f"error: {why}\n")


@pytest.mark.parametrize(
    ("since", "ids"), [("1h", ["1"]), ("2000-01-01", ["1"]), ("2999-01-01", [])]
)
async def test_the_list_may_begin_at_a_time(fabric: Lab, since: str, ids: list[str]) -> None:
    assert await found(fabric, "--since", since) == ids
