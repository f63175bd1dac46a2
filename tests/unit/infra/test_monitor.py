"""The queries ask for what the code says, and each alert has a page that says what to do."""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from tree_sitter import Node

from infra.check.source import every, literal, properties, read, text
from shared.observability import conventions
from shared.operations.reports.alarms.alarm import Rule as Watched
from shared.operations.reports.capacity import CONVERSATIONS_AT_ONCE

ROOT = Path(__file__).parents[3]
QUERIES = sorted((ROOT / "infra" / "monitor").glob("*.kql"))
MODULES = ROOT / "infra" / "modules"
EVERY_LINE = {"time", "level", "event", "trace", "span"}
LOG_CALLS = ("info", "warning", "error")
WINDOWS = {"PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "PT6H": 360, "P2D": 2880}
"""Those of Azure Monitor that rules of ours have, in minutes."""

_EVENTS = re.compile(r'line\.event (?:==|in) (?:\(([^)]*)\)|("[^"]+"))')
_FIELD = re.compile(r'line(?:\.(\w+)|\["([^"]+)"\])')
_ATTRIBUTE = re.compile(r'Properties\["([^"]+)"\]')

Emitted = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """An alert of the Bicep: its query's file, and what it says of it."""

    name: str
    query: Path
    column: str
    by: str
    severity: int
    window: str
    every: str
    page: str


@cache
def emitted() -> Emitted:
    """Event -> the fields that some call of the log gives it."""
    found: Emitted = defaultdict(set)
    for folder in ("shared", "functions"):
        for path in (ROOT / folder).rglob("*.py"):
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    for event, fields in _lines(function):
                        found[event] |= fields
    return found


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, set[str]]]:
    keys = {
        node.value
        for made in ast.walk(function)
        for node in (made.keys if isinstance(made, ast.Dict) else _subscripts(made))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for call in ast.walk(function):
        if not (isinstance(call, ast.Call) and _writes(call.func) and call.args):
            continue
        event = call.args[0]
        if isinstance(event, ast.Constant) and isinstance(event.value, str):
            named = {keyword.arg for keyword in call.keywords if keyword.arg}
            spread = any(keyword.arg is None for keyword in call.keywords)
            yield event.value, named | (keys if spread else set())
        elif isinstance(event, ast.Name) and event.id == "event_name":
            for value in ("accepted", "accept.duplicate"):
                yield value, {keyword.arg for keyword in call.keywords if keyword.arg}


def _subscripts(node: ast.AST) -> list[ast.expr]:
    return [node.slice] if isinstance(node, ast.Subscript) else []


def _writes(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute):
        is_log = isinstance(called.value, ast.Name) and called.value.id == "log"
        return is_log and called.attr in LOG_CALLS
    return isinstance(called, ast.Name) and called.id == "write"


def wrong_in(query: str) -> list[str]:
    """Events, fields and attributes of a query that no code of ours emits."""
    events = [
        event
        for several, one in _EVENTS.findall(query)
        for event in re.findall(r'"([^"]+)"', several or one)
    ]
    known = EVERY_LINE.union(*(emitted().get(event, set()) for event in events))
    if not events:
        known = known.union(*emitted().values())
    fields = {plain or quoted for plain, quoted in _FIELD.findall(query)}
    attributes = {value for value in vars(conventions).values() if isinstance(value, str)}
    return [
        *(f"no line is {event}" for event in events if event not in emitted()),
        *(f"no such line has {field}" for field in sorted(fields - known)),
        *(f"no span has {a}" for a in _ATTRIBUTE.findall(query) if a not in attributes),
    ]


@cache
def rules() -> tuple[Rule, ...]:
    objects = (
        node
        for node in every(read(MODULES / "alerts.bicep").declared["rules"])
        if node.type == "object"
    )
    return tuple(_rule(properties(one)) for one in objects)


def _rule(given: dict[str, Node]) -> Rule:
    said = {name: literal(node) or text(node) for name, node in given.items()}
    (query,) = loaded(said["query"])
    return Rule(
        said["name"],
        query,
        said["column"],
        said["by"],
        int(said["severity"]),
        said["window"],
        said["every"],
        said["page"],
    )


def loaded(bicep: str) -> list[Path]:
    """The files whose text it takes."""
    found = re.findall(r"loadTextContent\('(.+?)'\)", bicep)
    return [(MODULES / path).resolve() for path in found]


def anchors(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_asks_for_what_the_code_emits(path: Path) -> None:
    assert wrong_in(path.read_text()) == []


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('"turn"', '"turns"', "no line is turns"),
        ("line.request_units", "line.units", "no such line has units"),
        ("line.bot", 'line["bot.id"]', "no such line has bot.id"),
        ("sum(ItemCount)", 'sum(Properties["bot.name"])', "no span has bot.name"),
    ],
)
def test_a_misspelt_name_is_found(before: str, after: str, sentence: str) -> None:
    query = (ROOT / "infra" / "monitor" / "usage.kql").read_text()
    assert before in query

    assert sentence in wrong_in(query.replace(before, after))


def test_tokens_cost_what_prices_toml_says() -> None:
    rows = tomllib.loads((ROOT / "prices.toml").read_text())["price"]
    newest = {
        row["meter"]: row["usd"] for row in sorted(rows, key=lambda row: row["effective_from"])
    }
    query = (ROOT / "infra" / "monitor" / "cost.kql").read_text()
    table = re.findall(r'^    "([^"]+)", ([\d.]+), ([\d.]+), ([\d.]+),?$', query, re.MULTILINE)

    models = {meter.split(".", 1)[1].rpartition(".")[0] for meter in newest if "tokens." in meter}
    assert {model for model, *_ in table} == models
    for model, *given in table:
        full = newest[f"tokens.{model}.input"]
        cached = newest.get(f"tokens.{model}.cached", full)
        output = newest.get(f"tokens.{model}.output", 0.0)
        assert [float(price) for price in given] == [full, cached, output], model


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_an_alert_is_whole(rule: Rule) -> None:
    query = rule.query.read_text()
    page, _, anchor = rule.page.partition("#")

    assert anchor in anchors(page)
    assert re.search(rf"\b{rule.column} = ", query)
    assert re.search(rf"\b{rule.by}\b", query)
    assert 0 <= rule.severity <= 4
    assert WINDOWS[rule.every] <= WINDOWS[rule.window]


def test_upkeep_asks_for_rules_that_the_watch_has() -> None:
    query = (ROOT / "infra" / "monitor" / "upkeep.kql").read_text()
    (asked,) = re.findall(r"rule in \((.+)\)", query)

    assert set(re.findall(r'"([^"]+)"', asked)) == {Watched.ORPHAN, Watched.POLICY, Watched.ENDS}
    assert {watched.page.partition("#")[2] for watched in Watched} <= anchors("docs/operate.md")


def test_capacity_counts_with_what_the_report_counts_with() -> None:
    query = (ROOT / "infra" / "monitor" / "capacity.kql").read_text()

    assert f"/ 3600 / {CONVERSATIONS_AT_ONCE}" in query
    assert f"= {CONVERSATIONS_AT_ONCE} * 3600 / secondsEach" in query


def test_each_report_that_can_be_wrong_has_an_alert() -> None:
    reports = {"usage", "cost", "spans", "capacity", "trace"}

    assert {rule.query.stem for rule in rules()} == {path.stem for path in QUERIES} - reports


def test_the_workbook_has_every_query_once() -> None:
    assert sorted(loaded((MODULES / "workbook.bicep").read_text())) == QUERIES
