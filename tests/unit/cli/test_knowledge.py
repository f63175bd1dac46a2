"""`botfabric knowledge`, as a pipeline and a person run it."""

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from cli import knowledge
from shared.errors import ConfigurationError


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "knowledge" / "it"
    folder.mkdir(parents=True)
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook" / "vpn.txt").write_text("# VPN\n\nOpen the tunnel app.")
    source = '[[source]]\nfolder = "../../handbook"\naccess = ["staff"]\n'
    (folder / "sources.toml").write_text(source)
    (folder / "wifi.md").write_text("---\ntitle: Wifi\n---\nThe tunnel has wifi.")
    monkeypatch.setenv("FABRIC_ENVIRONMENT", "local")
    monkeypatch.setenv("FABRIC_KNOWLEDGE_DIR", str(folder.parent))
    return tmp_path


def run(*arguments: str) -> int:
    parser = ArgumentParser()
    knowledge.add_arguments(parser)
    return knowledge.run(parser.parse_args(arguments), Path())


def test_a_sync_tells_what_it_did_and_fails_for_what_it_skipped(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("sync") == 0
    assert capsys.readouterr().out == "it: 1 written, 0 unchanged, 0 gone, 0 skipped\n"

    (place / "handbook" / "b.docx").write_text("broken")
    assert run("sync", "it", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["it"]["same"] == 1
    assert list(told["it"]["skipped"]) == ["b.docx"]


def test_the_list_says_who_may_read(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("sync")
    capsys.readouterr()
    run("list", "--json")
    rows = {row["article"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["it/vpn"]["readers"] == "staff"
    assert rows["it/vpn"]["from"] == "source"
    assert rows["it/wifi"]["readers"] == "everybody"
    assert rows["it/wifi"]["from"] == "author"


@pytest.mark.parametrize(
    ("groups", "found"), [((), ["it/wifi#1"]), (("--group", "staff"), ["it/vpn#1", "it/wifi#1"])]
)
def test_a_search_finds_what_the_person_may_read(
    place: Path, capsys: pytest.CaptureFixture[str], groups: tuple[str, ...], found: list[str]
) -> None:
    run("sync")
    capsys.readouterr()
    run("search", "tunnel", *groups, "--json")
    assert sorted(row["passage"] for row in json.loads(capsys.readouterr().out)) == found


def test_an_unknown_collection_is_refused(place: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no collection 'hr'"):
        run("sync", "hr")
