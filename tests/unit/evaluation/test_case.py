"""A file of cases: what is read, and what is refused with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.case import Line, load
from shared.errors import ConfigurationError

BOTS = ("desk", "other")


def file(folder: Path, *lines: Any) -> Path:
    path = folder / "desk.cases.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def case(**changes: Any) -> dict[str, Any]:
    return {"id": "one", "bot": "desk", "turns": [{"say": "hello"}], **changes}


def test_a_case_has_lines_of_which_some_wait_for_a_question(tmp_path: Path) -> None:
    turns = [{"say": "hello"}, {"say": "high", "when": "urgency|confirm", "expect": {"asks": True}}]

    [read] = load(file(tmp_path, case(turns=turns)), "desk", BOTS)

    assert read.lines == [
        Line("hello"),
        Line("high", ("urgency", "confirm"), {"asks": True}),
    ]
    assert (read.language, read.group) == ("en", "all")


def test_the_cases_of_other_bots_are_left_out(tmp_path: Path) -> None:
    path = file(tmp_path, case(), "", case(id="two", bot="other"))
    assert [one.id for one in load(path, "desk", BOTS)] == ["one"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", ":2: Expecting"),
        ("[]", "an object"),
        ("[" * 100_000, ":2:"),
        (case(), "stands above"),
        (case(id="two", bot="nobody"), "there is no bot 'nobody'; write 'desk'"),
        (case(id="two", turns=[]), "turns: write a list"),
        (case(id="two", turns=[{"say": ""}]), "say: write a text"),
        (case(id="two", turn=[]), "turn: unknown key"),
        (case(id="two", turns=[{"say": "a", "expect": {}}]), "expect: write an object"),
        (case(id="two", turns=[{"say": "a", "expect": {"cite": []}}]), "unknown key 'cite'"),
        (case(id="two", turns=[{"say": "a", "expect": {"cites": "a"}}]), "a list of texts"),
        (case(id="two", turns=[{"say": "a", "expect": {"filed": False}}]), "write true"),
        (
            case(id="two", turns=[{"say": "a", "expect": {"contains_any": ["("]}}]),
            "no regular expression",
        ),
        (
            case(id="two", turns=[{"say": "a", "expect": {"any_of": [{"language": 1}]}}]),
            'such as "de"',
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, line: Any, said: str) -> None:
    path = file(tmp_path, case(), line)
    with pytest.raises(ConfigurationError) as refused:
        load(path, "desk", BOTS)
    assert f"{path}:2: " in str(refused.value)
    assert said in str(refused.value)
