"""What is typed behind `botfabric chaos` is done or refused, never passed over."""

import pytest

from cli import chaos
from cli.__main__ import main


@pytest.mark.parametrize(
    ("words", "option", "least"),
    [
        ("--seeds -3", "--seeds", 1),
        ("--seed 0 --seeds 0", "--seeds", 1),
        ("--seeds many", "--seeds", 1),
        ("--seed -1", "--seed", 0),
        ("--processes --inputs 0", "--inputs", 1),
        ("--long --inputs -5", "--inputs", 1),
    ],
)
def test_a_number_out_of_range_is_refused_with_what_to_write(
    words: str, option: str, least: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["chaos", *words.split()])

    told = capsys.readouterr()
    assert told.out == ""
    assert f"argument {option}: " in told.err
    assert told.err.endswith(f"write a whole number of {least} or more\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--inputs 5", "--inputs is for real processes; add --processes or --long"),
        ("--as-configured", "--as-configured is for real processes; add --processes or --long"),
        ("--exhaustive --inputs 5", "--inputs is for real processes; add --processes or --long"),
        ("--processes --seeds 5", "--seeds means nothing with --processes"),
        ("--long --exhaustive", "--exhaustive means nothing with --long"),
        ("--processes --controls", "--controls means nothing with --processes"),
        ("--exhaustive --seed 3", "--seed means nothing with --exhaustive"),
        ("--controls --seeds 3", "--seeds means nothing with --controls"),
    ],
)
def test_arguments_that_mean_nothing_together_are_refused(
    words: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["chaos", *words.split()]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    [line] = told.err.splitlines()
    assert line.startswith(f"error: {why}")


def test_what_is_to_be_as_configured_has_to_be_configured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FABRIC_BUS_URL", "")
    monkeypatch.setenv("FABRIC_STORE_URL", "")

    assert main(["chaos", "--processes", "--as-configured"]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert "set FABRIC_BUS_URL, FABRIC_STORE_URL, or both" in told.err


def test_no_run_is_no_promise_that_held(capsys: pytest.CaptureFixture[str]) -> None:
    result = chaos.Result(quiet=False)

    chaos._tell("seeds", "no seeds", [], result)

    assert result.broken
    assert "all promises held" not in capsys.readouterr().out
