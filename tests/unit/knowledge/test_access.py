"""Who may read what: what articles and folders declare, and that nothing else gets out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.skills.knowledge import skill as knowledge_skill
from shared.activity import ConversationReference
from shared.errors import ConfigurationError
from shared.governance import audit
from shared.knowledge.access import NOBODY, Stranger, of_front_matter, opens
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.folder_access import of_folder
from shared.knowledge.reading import read_article
from shared.observability import log
from shared.person import Person
from shared.pipeline.turns.asker import Asker
from shared.records.read import Read
from shared.records.signed_in import partition_of, signed_in
from tests.lab import Lab
from tests.unit.knowledge.test_knowledge import article, bot

HR, LEGAL = "5f0f9e8e-6b0e-4f0e-9b39-0f8d4d2a7a11", "legal"


@pytest.mark.parametrize(
    ("front_matter", "groups"),
    [
        ("title: x", None),
        ("access: hr", {"hr"}),
        ("access: HR, Legal", {"hr", "legal"}),
        ("access: [hr, 'legal']", {"hr", "legal"}),
        ('access = ["hr", "legal"]', {"hr", "legal"}),
        ('access = [\n  "hr",\n  "legal",\n]', {"hr", "legal"}),
        ("access:\n  - hr\n  - legal # the lawyers\nurl: x", {"hr", "legal"}),
        ("Access : hr", {"hr"}),
        ("access:", set()),
        ("access: []", set()),
        ("access: [hr", set()),
    ],
)
def test_access_is_read_as_people_write_lists_and_else_opens_to_nobody(
    front_matter: str, groups: set[str] | None
) -> None:
    expected = () if groups is None else (frozenset(groups),)
    assert of_front_matter(front_matter.splitlines()) == expected


def test_a_front_matter_that_does_not_end_or_begins_late_hides_the_article(tmp_path: Path) -> None:
    for text in ("---\naccess: hr\nthe salaries", "\n---\naccess: hr\n---\nthe salaries"):
        [passage, *_] = read_article(article(tmp_path, "hr/salaries", text))
        assert passage.access == NOBODY


@pytest.mark.parametrize("text", ["access = 'hr'", "access = [1]", 'acces = ["hr"]', "access = ["])
def test_a_folder_that_declares_nonsense_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "access.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"access\.toml"):
        of_folder(tmp_path)


async def test_a_folder_spoilt_while_it_runs_is_shut(tmp_path: Path) -> None:
    article(tmp_path, "hr/leave", "Thirty days of leave.")
    (tmp_path / "hr" / "access.toml").write_text("access = [")
    knowledge = KnowledgeBase(tmp_path).for_bot(bot("hr"))
    assert await knowledge.search("days of leave") == []


def test_a_folder_and_its_article_both_have_to_be_open() -> None:
    both = (frozenset({HR}), frozenset({"signed-in"}))
    assert opens(both, Person("a", "t", groups=frozenset({HR.upper()})))
    assert not opens(both, Person("a", "t"))
    assert not opens(both, None)
    assert not opens(NOBODY, Person("a", "t", groups=frozenset({HR})))


@pytest.fixture
def fabric(tmp_path: Path, lab: Callable[..., Lab]) -> Lab:
    folder = tmp_path / "knowledge"
    article(folder, "hr/leave", "---\ntitle: Leave\n---\nEveryone has thirty days of leave.")
    article(
        folder, "hr/bands", f"---\ntitle: Bands\naccess: {HR}\n---\nSalary band seven is secret."
    )
    return lab(knowledge_skill, manifest="[retention]\ntranscript_days = 1\n")


async def sign_in(fabric: Lab, reference: ConversationReference, *groups: str) -> None:
    person = Person("oid-1", "tenant", "Ann", frozenset(groups))
    await fabric.store.write(partition_of(reference), signed_in(person, reference))


async def ask(fabric: Lab, text: str, conversation: str) -> str:
    await fabric.say(text, conversation=conversation)
    await fabric.drain()
    return fabric.heard(conversation)[-1]


async def test_an_article_is_for_its_group_and_each_read_and_refusal_is_on_record(
    fabric: Lab,
) -> None:
    fabric.bots["lab"].knowledge.append("hr")
    hers = fabric.inbound("", conversation="hers").reference
    await sign_in(fabric, hers, HR)

    assert "seven" in await ask(fabric, "what is salary band seven", "hers")
    assert "seven" not in await ask(fabric, "what is salary band seven", "his")

    entries = [entry async for entry in audit.entries(fabric.store)]
    assert [(e.action, e.target["article"], e.outcome, e.purpose) for e in entries] == [
        ("article.read", "hr/bands", "done", "answer"),
        ("article.read", "hr/bands", "denied", "answer"),
    ]
    assert all(e.who.startswith("p-") and HR in e.policy for e in entries)
    assert [e.bot for e in entries] == ["lab", "lab"]


@pytest.mark.parametrize("question", ["What may I read here?", "was darf ich hier lesen"])
async def test_people_can_ask_what_they_may_read(fabric: Lab, question: str) -> None:
    fabric.bots["lab"].knowledge.append("hr")
    await sign_in(fabric, fabric.inbound("", conversation="hers").reference, HR)

    assert (await ask(fabric, question, "hers")).splitlines()[1:] == ["- Bands", "- Leave"]
    assert (await ask(fabric, question, "his")).splitlines()[1:] == ["- Leave"]


async def test_in_a_group_nobody_is_shown_what_the_others_may_not_read(fabric: Lab) -> None:
    alone = ConversationReference("lab", "teams", "19:x", user="ann", tenant="t")
    await sign_in(fabric, alone, HR)

    def asker(reference: ConversationReference) -> Asker:
        return Asker(fabric.store, fabric.audit, reference, fabric.bots["lab"], knowledge_skill)

    assert await asker(alone).person()
    assert await asker(replace(alone, is_group=True)).person() is None
    assert await asker(replace(alone, user="bob")).person() is None


class Known(Stranger):
    """Somebody who has signed in, and whose reads are logged."""

    def __init__(self, somebody: Person | None) -> None:
        super().__init__()
        self.somebody = somebody

    async def person(self) -> Person | None:
        return self.somebody

    def note(self, read: Read) -> None:
        super().note(read)
        log.info("noted", read=str(read))


GROUPS = ["a", "b", "c", "signed-in"]
SECRETS = [f"canary{number}" for number in range(6)]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    grants=st.lists(
        st.tuples(st.none() | st.sets(st.sampled_from(GROUPS)), st.sets(st.sampled_from(GROUPS))),
        min_size=len(SECRETS),
        max_size=len(SECRETS),
    ),
    held=st.none() | st.sets(st.sampled_from(["a", "b", "c"])),
    question=st.sampled_from([*SECRETS, "parking floor", " ".join(SECRETS)]),
)
async def test_no_forbidden_sentence_gets_out_whatever_is_granted(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    grants: list[tuple[set[str] | None, set[str]]],
    held: set[str] | None,
    question: str,
) -> None:
    for number, (folder, groups) in enumerate(grants):
        place = tmp_path / f"c{number}"
        front = f"access: [{', '.join(sorted(groups))}]" if groups else "title: x"
        article(tmp_path, f"c{number}/one", f"---\n{front}\n---\nparking floor {SECRETS[number]}")
        declared = place / "access.toml"
        if folder is None:
            declared.unlink(missing_ok=True)
        else:
            declared.write_text(f"access = {sorted(folder)}")
    person = None if held is None else Person("x", "t", groups=frozenset(held))
    open_to = {
        secret
        for secret, (folder, groups) in zip(SECRETS, grants, strict=True)
        if _may(folder, person) and _may(groups or None, person)
    }

    names = [f"c{number}" for number in range(len(grants))]
    knowledge = KnowledgeBase(tmp_path).for_bot(bot(*names), Known(person))
    found = " ".join(p.text for p in await knowledge.search(question, limit=20))
    out = found + str(await knowledge.titles()) + "".join(capsys.readouterr())

    for secret in SECRETS:
        if secret not in open_to:
            assert secret not in out
        elif secret in question or question == "parking floor":
            assert secret in found


def _may(groups: set[str] | None, person: Person | None) -> bool:
    if groups is None:
        return True
    return person is not None and bool(groups & {*person.groups, "signed-in"})
