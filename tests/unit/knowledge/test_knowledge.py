"""Articles in folders, cut into passages and searched."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shared.knowledge.articles
from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.index import Index
from shared.knowledge.knowledge import Knowledge
from shared.knowledge.reading import PASSAGE_CHARACTERS, PASSAGE_WORDS, read_article

PASSWORD = """\
---
title: Reset your password
url: https://it.contoso.example/password
tags: account, sign-in
---
# Reset your password

You can reset it yourself.

## On the web

Open the portal and choose Forgot password.

## By phone

Call the desk at extension 100.
"""


def article(root: Path, name: str, text: str) -> Path:
    path = root / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def bot(*collections: str) -> Bot:
    return Bot(
        id="helpdesk",
        name="Helpdesk",
        owner="it@contoso.example",
        department="IT",
        skills=["knowledge"],
        default_skill="knowledge",
        knowledge=list(collections),
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    article(tmp_path, "it/password", PASSWORD)
    article(tmp_path, "it/vpn", "---\ntitle: VPN\n---\nInstall the VPN app from the portal.")
    article(tmp_path, "hr/leave", "---\ntitle: Leave\n---\nYou have 30 days of leave a year.")
    return tmp_path


@pytest.fixture
def knowledge(root: Path) -> Knowledge:
    return KnowledgeBase(root).for_bot(bot("it"))


async def ids(knowledge: Knowledge, text: str) -> list[str]:
    return [passage.id for passage in await knowledge.search(text)]


def test_an_article_is_cut_at_its_headings(root: Path) -> None:
    first, second, third = read_article(root / "it/password.md")
    assert (first.heading, first.text) == ("", "You can reset it yourself.")
    assert (second.id, second.heading) == ("it/password#2", "On the web")
    assert third.text == "Call the desk at extension 100."
    assert {p.title for p in (first, second, third)} == {"Reset your password"}
    assert third.url == "https://it.contoso.example/password"


def test_a_long_section_becomes_several_passages(tmp_path: Path) -> None:
    paragraphs = "\n\n".join(f"Paragraph {n} " + "word " * 48 for n in range(6))
    passages = read_article(article(tmp_path, "it/long", f"## Part\n\n{paragraphs}"))
    assert [len(passage.text.split()) for passage in passages] == [100, 100, 100]
    assert max(len(passage.text.split()) for passage in passages) <= PASSAGE_WORDS
    assert {passage.heading for passage in passages} == {"Part"}


@pytest.mark.parametrize("text", ["", "---\n", "---\ntitle: x\n", "# Only a heading\n", "---\n---"])
def test_an_unfinished_article_does_no_harm(tmp_path: Path, text: str) -> None:
    for passage in read_article(article(tmp_path, "it/how-to-print", text)):
        assert passage.title == "How to print"


async def test_the_best_passage_comes_first_with_its_score(knowledge: Knowledge) -> None:
    passages = await knowledge.search("reset my password by phone")
    assert passages[0].heading == "By phone"
    assert passages[0].score == pytest.approx(1.0)
    assert passages[-1].score < 1.0


async def test_inflected_and_misspelt_words_are_found(knowledge: Knowledge) -> None:
    assert "it/vpn#1" in await ids(knowledge, "installing the vpn")
    assert "it/password#1" in await ids(knowledge, "I forgot my pasword")


async def test_a_word_nobody_wrote_lowers_the_score(knowledge: Knowledge) -> None:
    [known] = (await knowledge.search("vpn"))[:1]
    [partly] = (await knowledge.search("vpn for dinosaurs"))[:1]
    assert partly.score < 0.6 < known.score


async def test_a_bot_finds_nothing_outside_its_collections(root: Path) -> None:
    base = KnowledgeBase(root)
    assert await ids(base.for_bot(bot("it")), "days of leave") == []
    assert await ids(base.for_bot(bot("hr")), "days of leave") == ["hr/leave#1"]
    assert await ids(base.for_bot(bot("it", "hr")), "days of leave") == ["hr/leave#1"]
    assert await ids(base.for_bot(bot()), "days of leave") == []


def test_a_missing_collection_names_file_key_and_what_to_write(root: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"bots/helpdesk.toml: knowledge .*'itt'.* hr, it"):
        KnowledgeBase(root).for_bot(bot("it", "itt"))


async def test_no_more_than_the_limit(knowledge: Knowledge) -> None:
    assert len(await knowledge.search("portal password desk", limit=2)) == 2


async def test_a_changed_new_or_removed_article_is_noticed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared.knowledge.articles, "FRESH", 0.0)
    knowledge = KnowledgeBase(root).for_bot(bot("it"))
    assert await ids(knowledge, "scanner") == []
    added = article(root, "it/floors", "Use the scanner on floor 3.")
    assert await ids(knowledge, "scanner") == ["it/floors#1"]
    added.write_text("Use the copier on floor 3.", "utf-8")
    os.utime(added, ns=(1, 1))
    assert await ids(knowledge, "scanner") == []
    assert await ids(knowledge, "copier") == ["it/floors#1"]
    added.unlink()
    assert await ids(knowledge, "copier") == []


@pytest.mark.parametrize(
    "question",
    [
        '"',
        "password' OR 1=1 --",
        "NEAR(password, 2)",
        "title:*",
        "пароль",
        "密码",
        "\x00",
        "a" * 10**6,
    ],
)
async def test_a_hostile_question_is_only_words(knowledge: Knowledge, question: str) -> None:
    assert all(0 < passage.score <= 1 for passage in await knowledge.search(question))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
async def test_any_question_may_be_asked(knowledge: Knowledge, question: str) -> None:
    assert all(0 < passage.score <= 1.000001 for passage in await knowledge.search(question))


async def test_a_question_in_the_language_of_the_article_finds_it(tmp_path: Path) -> None:
    article(
        tmp_path, "it/drucker", "---\ntitle: Drucker\n---\nDer Drucker für Gäste steht im Flur."
    )
    knowledge = KnowledgeBase(tmp_path).for_bot(bot("it"))
    assert await ids(knowledge, "Wo steht der Drucker fur Gaste?") == ["it/drucker#1"]


def test_an_index_of_nothing_finds_nothing() -> None:
    assert Index([]).search("anything", [], 5) == []


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://it.contoso.example/a", "https://it.contoso.example/a"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("http://it.contoso.example/a", ""),
        ("//it.contoso.example/a", ""),
    ],
)
def test_a_source_is_an_https_link(tmp_path: Path, url: str, kept: str) -> None:
    path = article(tmp_path, "it/a", f"---\nurl: {url}\n---\nSome words.")
    [passage] = read_article(path)
    assert passage.url == kept


def test_a_passage_knows_the_headings_it_stands_under(tmp_path: Path) -> None:
    text = "# Guide\n\n## Network\n\none\n\n### At home\n\ntwo\n\n## Mail\n\nthree"
    passages = read_article(article(tmp_path, "it/guide", text))

    assert [p.path for p in passages] == [
        ("Network",),
        ("Network", "At home"),
        ("Mail",),
    ]
    assert [p.heading for p in passages] == ["Network", "At home", "Mail"]


def test_an_article_of_five_megabytes_in_one_paragraph_is_cut_into_passages(tmp_path: Path) -> None:
    whole = "The lift stops on every floor. " * 170_000
    passages = read_article(article(tmp_path, "it/lift", f"# Lift\n\n{whole}"))

    assert max(len(p.text) for p in passages) <= PASSAGE_CHARACTERS
    assert all(p.text.endswith(".") for p in passages)
    assert sum(p.text.count("lift") for p in passages) == 170_000
