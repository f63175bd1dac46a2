"""Every fixed sentence stands in the catalogue, in every language, and nowhere else."""

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from functions.skills import handoff, knowledge, notify, tickets
from shared.dialogue.phrases import LOCALES, phrase, translated
from shared.skill import Skill
from shared.text.languages import LANGUAGES

ROOT = Path(__file__).parents[3]
SPEAKERS = [
    *(ROOT / "functions" / "skills").glob("*.py"),
    *(ROOT / "shared" / "dialogue").glob("*.py"),
    *(ROOT / "shared" / "dialogue" / "talks").glob("*.py"),
    *(ROOT / "shared" / "pipeline").rglob("*.py"),
]
DOMAINS = sorted(path.stem for path in (LOCALES / "en" / "LC_MESSAGES").glob("*.po"))
SAYS = {"reply", "Button", "word", "Slot", "Form"}
"""Whoever calls these says something to a person."""
KNOWN = {"echo.py": {"echo: "}}


def read(language: str, domain: str) -> Catalog:
    path = LOCALES / language / "LC_MESSAGES" / f"{domain}.po"
    return read_po(BytesIO(path.read_bytes()), locale=language)


def names(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def sentences(language: str, domain: str) -> dict[str, str]:
    return {str(m.id): str(m.string) for m in read(language, domain) if m.id}


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_sentence_with_the_same_names_to_fill_in(
    language: str, domain: str
) -> None:
    english, theirs = sentences("en", domain), sentences(language, domain)

    assert theirs.keys() == english.keys()
    assert all(theirs.values())
    assert {id: names(text) for id, text in theirs.items()} == {
        id: names(text) for id, text in english.items()
    }


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_sentence_has_a_note_for_its_translator(domain: str) -> None:
    assert not [m.id for m in read("en", domain) if m.id and not m.auto_comments]


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_compiled_catalogue_is_the_one_that_is_read(language: str, domain: str) -> None:
    """`make catalogue` was run after the last change."""
    compiled = BytesIO()

    write_mo(compiled, read(language, domain))

    path = LOCALES / language / "LC_MESSAGES" / f"{domain}.mo"
    assert path.read_bytes() == compiled.getvalue()


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield node


def said(node: ast.AST) -> Iterator[str]:
    """Texts in what is passed to a call, those of calls inside it aside."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Call):
        return
    for child in ast.iter_child_nodes(node):
        yield from said(child)


def test_no_fixed_sentence_bypasses_the_catalogue() -> None:
    stray = [
        (path.name, text)
        for path in SPEAKERS
        for call in calls(path)
        if getattr(call.func, "attr", getattr(call.func, "id", "")) in SAYS
        for argument in [*call.args, *(k.value for k in call.keywords)]
        for text in said(argument)
        if re.search(r"[^\W\d_]{2,}\W+[^\W\d_]{2,}|[^\W\d_]{3,}[.!?:]", text)
        if not re.fullmatch(r"/\S+ ?|[\w-]+\.[\w-]+|https?://\S+", text)
        if text not in KNOWN.get(path.name, set())
    ]

    assert not [entry for entry in stray if entry[0] not in NOT_YET], stray


NOT_YET = {"form.py", "handoff.py", "tickets.py"}


def test_a_phrase_that_is_asked_for_exists() -> None:
    asked = [
        call.args[1].value
        for path in SPEAKERS
        for call in calls(path)
        if getattr(call.func, "id", "") == "phrase" and len(call.args) > 1
        if isinstance(call.args[1], ast.Constant)
    ]

    assert asked
    for id in asked:
        domain, _, name = str(id).partition(".")
        assert name in sentences("en", domain), id


@pytest.mark.parametrize("skill", [knowledge.skill, tickets.skill, handoff.skill, notify.skill])
def test_a_skill_of_ours_says_in_every_language_what_it_does(skill: Skill) -> None:
    action = skill.capabilities[0].capitalize()

    for language in set(LANGUAGES) - {"en"}:
        assert translated(language, f"{skill.name}.action", action) != action
        description = translated(language, f"{skill.name}.description", skill.description)
        assert description != skill.description


def test_a_skill_from_elsewhere_is_described_in_its_own_words() -> None:
    assert translated("de", "tickets.description", "Sells tickets") == "Sells tickets"
    assert translated("de", "dice.description", "Rolls dice") == "Rolls dice"


def test_a_language_without_the_sentence_falls_back_to_english() -> None:
    assert phrase("pl", "platform.earlier") == phrase("en", "platform.earlier")


def test_an_unknown_id_says_where_to_write_it() -> None:
    with pytest.raises(LookupError, match=r"locale/en/LC_MESSAGES/platform\.po"):
        phrase("en", "platform.unheard-of")
