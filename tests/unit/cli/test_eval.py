"""`botfabric eval`, as a pipeline runs it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from stand_ins.openai.server import OpenAIServer

ROOT = Path(__file__).parents[3]
MANIFEST = """
id = "desk"
name = "Desk"
owner = "desk@contoso.example"
department = "IT"
skills = ["router", "knowledge", "tickets"]
default_skill = "router"
knowledge = ["it"]
[evaluation]
floor = 0.9
"""
CASES = (
    {"say": "Which wifi is for my private phone?", "expect": {"cites": ["it/wifi"]}},
    {"say": "How far away is the moon?", "expect": {"abstains": True}},
    {"say": "/tickets my mouse is broken", "expect": {"opens_form": True}},
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "desk.toml").write_text(MANIFEST)
    copytree(ROOT / "knowledge", tmp_path / "knowledge")
    cases = [
        {"id": f"case-{n}", "bot": "desk", "group": f"group-{n}", "turns": [turn]}
        for n, turn in enumerate(CASES)
    ]
    lines = "\n".join(map(json.dumps, cases))
    (tmp_path / "bots" / "desk.cases.jsonl").write_text(lines)
    return tmp_path


def run(place: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environ = {
        **os.environ,
        "FABRIC_EMBEDDINGS": "off",
        "FABRIC_BOTS_DIR": str(place / "bots"),
        "FABRIC_KNOWLEDGE_DIR": str(place / "knowledge"),
        **settings,
    }
    command = [sys.executable, "-m", "cli", "eval", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False
    )


def told(result: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    [bot] = json.loads(result.stdout)["bots"]
    assert isinstance(bot, dict)
    return bot


def test_a_bot_passes_until_it_is_worsened(place: Path) -> None:
    good = run(place, "desk", "--release", "1.0.0", "--json")
    assert good.returncode == 0, good.stderr
    assert told(good)["share"] == 1.0

    (place / "knowledge" / "it" / "wifi.md").unlink()
    bad = run(place, "all", "--json")

    assert bad.returncode == 1, bad.stderr
    bot = told(bad)
    assert (bot["passed"], bot["floor"], bot["since"]) == (False, 0.9, "1.0.0")
    assert bot["change"] == pytest.approx(-1 / 3, abs=1e-3)
    assert bot["groups"]["group-0"]["change"] == -1.0
    assert [wrong["case"] for wrong in bot["wrong"]] == ["case-0"]


async def test_a_model_that_was_never_asked_is_not_compared(place: Path) -> None:
    """The bot has a budget and the model no price, so the offline way would pass for it."""
    manifest = place / "bots" / "desk.toml"
    manifest.write_text(f"{MANIFEST}[quota]\nbudget_usd_per_month = 5\n")
    async with OpenAIServer() as server:
        settings = {**server.settings, "FABRIC_AI_MODELS": "default=gpt-4.1-mini,next=unknown"}
        result = await asyncio.to_thread(run, place, "desk", "--models", "default,next", **settings)

    assert result.returncode == 1, result.stderr
    assert "desk: next was not asked once, the offline way answered" in result.stdout
    assert "default was not asked" not in result.stdout


def git(place: Path, *words: str) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@contoso.example")
    subprocess.run(["git", "-C", place, *who, *words], check=True, capture_output=True)


def pipeline(place: Path) -> "subprocess.CompletedProcess[str]":
    """The step of both pipelines."""
    environ = {
        **os.environ,
        "FABRIC_EMBEDDINGS": "off",
        "BIN": str(Path(sys.executable).parent),
        "FABRIC_BOTS_DIR": str(place / "bots"),
        "FABRIC_KNOWLEDGE_DIR": str(place / "knowledge"),
    }
    return subprocess.run(
        [ROOT / "infra" / "pipeline" / "eval.sh"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_pipeline_stops_at_a_bot_that_a_change_has_worsened(place: Path) -> None:
    """Another bot, which the change does not concern, is not held; its cases would fail."""
    other = MANIFEST.replace('"desk"', '"other"').replace('["it"]', '["hr"]')
    (place / "bots" / "other.toml").write_text(other)
    case = {"id": "c", "bot": "other", "group": "g", "turns": [CASES[0]]}
    (place / "bots" / "other.cases.jsonl").write_text(json.dumps(case))
    run(place, "desk", "--release", "v1.0.0")
    git(place, "init", "--quiet")
    git(place, "add", ".")
    git(place, "commit", "--quiet", "--message", "One")
    git(place, "tag", "v1.0.0")
    git(place, "commit", "--quiet", "--allow-empty", "--message", "Two")

    same = pipeline(place)
    assert same.returncode == 0, same.stderr
    assert "no bot has changed since v1.0.0" in same.stdout

    (place / "knowledge" / "it" / "wifi.md").unlink()
    worse = pipeline(place)

    assert worse.returncode == 1, worse.stderr
    assert "desk: changed since v1.0.0: knowledge/it/wifi.md" in worse.stdout
    assert "desk: FAILED, 66.7% of the turns are right and the floor is 90.0%" in worse.stdout
    assert "-100.0%" in worse.stdout
    assert "other" not in worse.stdout


def test_a_commit_that_is_not_there_is_named(place: Path) -> None:
    git(place, "init", "--quiet")
    result = run(place, "all", "--since", "v9")
    assert result.returncode == 2
    assert "--since: git says" in result.stderr
    assert "a shallow one has few" in result.stderr


def test_a_floor_without_a_case_is_refused(place: Path) -> None:
    (place / "bots" / "desk.cases.jsonl").unlink()
    result = run(place, "all")
    assert result.returncode == 2
    assert "bot desk: no case in" in result.stderr
    assert "evaluation.floor wants some" in result.stderr


def test_an_unknown_bot_is_refused(place: Path) -> None:
    result = run(place, "nobody")
    assert result.returncode == 2
    assert "there is no bot 'nobody'; write all, or one of desk" in result.stderr


async def test_two_models_are_told_side_by_side_and_replayed_without_a_network(
    place: Path,
) -> None:
    async with OpenAIServer() as server:
        settings = {**server.settings, "FABRIC_AI_MODELS": "default=gpt-4.1-mini,big=gpt-4o-mini"}
        recorded = await asyncio.to_thread(
            run, place, "desk", "--models", "default,big", "--record", "--json", **settings
        )
    assert recorded.returncode == 0, recorded.stderr
    both = json.loads(recorded.stdout)["bots"]
    assert [one["model"] for one in both] == ["default", "big"]
    assert all(one["calls"] and one["usd"] > 0 for one in both), recorded.stderr

    replayed = run(place, "desk", "--models", "big", "--replay", "--json")
    assert replayed.returncode == 0, replayed.stderr
    assert told(replayed)["input_tokens"] == both[1]["input_tokens"]

    path = place / "bots" / "desk.cases.jsonl"
    path.write_text(path.read_text().replace("Which wifi is", "Which wifi do I use"))
    missed = run(place, "desk", "--replay", "--json")
    assert missed.returncode == 1
    assert "nothing recorded for chat of 'default'" in missed.stderr


def type_rollout(place: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environ = {
        **os.environ,
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(place / "data"),
        "FABRIC_BOTS_DIR": str(place / "bots"),
        "FABRIC_KNOWLEDGE_DIR": str(place / "knowledge"),
    }
    command = [sys.executable, "-m", "cli", "rollout", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_version_below_the_floor_loses_its_share(place: Path) -> None:
    """The cases hold with the first version, and not with one that knows no article."""
    (place / "bots" / "desk").mkdir()
    (place / "bots" / "desk" / "v2.toml").write_text("knowledge = []\n")
    begun = type_rollout(place, "desk", "v2", "--share", "20%", "--reason", "a trial")
    assert begun.returncode == 0, begun.stderr

    settings = {"FABRIC_ENVIRONMENT": "local", "FABRIC_DATA_DIR": str(place / "data")}
    good = run(place, "desk", "--with", "desk=v1", "--json", **settings)
    bad = run(place, "desk", "--with", "desk=v2", "--json", **settings)

    assert good.returncode == 0, good.stderr
    assert bad.returncode == 1, bad.stderr
    assert "desk v2 gets no conversation any more" in bad.stderr
    [now] = json.loads(type_rollout(place, "--json").stdout)
    assert (now["bot"], now["share"], now["by"]) == ("desk", 0.0, "bot-fabric")
    assert "the floor is 90.0%" in now["reason"]
