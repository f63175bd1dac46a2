"""Documents become articles: what is new, the same, gone, forbidden, broken, or there already."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.errors import Unavailable
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.documents.document import Document
from shared.knowledge.kept import NOTES, Notes, kept_articles
from shared.knowledge.sync import Declared, Origin, Synced, article_of, slug_of, sync
from shared.person import Person
from shared.ports.documents import Content, Listed, Source
from shared.sources.folder import Folder

ROOT = Path(__file__).parents[3]
SECRET = "The quokka budget is 77 crowns."
MEMBER = Person("1", "t", groups=frozenset({"board"}))
KEY = "folder:../../handbook"


@dataclass
class Handbook:
    """A collection `it`, and the folder `handbook` that it is made of."""

    collection: Path
    access: Sequence[str] | None = None

    @property
    def folder(self) -> Path:
        return self.collection.parents[1] / "handbook"

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.folder / name).write_text(text)

    async def sync(self, *more: Declared, source: Source | None = None) -> Synced:
        declared = Declared(KEY, source or Folder(self.folder), self.access)
        done = Synced()
        async for latest in sync(self.collection, [declared, *more], Notes.of(self.collection)):
            done = latest
        return done


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Shelf:
    """A source with versions, that fails where a test says.

    `dies_after` calls it kills the process; `away` is a document that is not to be had now, "*"
    for the whole of it. `read` are the names of those that were given.
    """

    documents: dict[str, str]
    readers: dict[str, Sequence[str]] = field(default_factory=dict)
    dies_after: int = 1_000
    away: str = ""
    read: list[str] = field(default_factory=list)

    async def listed(self) -> AsyncIterator[Listed]:
        self._live("*")
        for name, text in sorted(self.documents.items()):
            yield Listed(name, version=f"v{hash(text)}", readers=self.readers.get(name))

    async def content(self, listed: Listed, kept: str = "") -> Content | None:
        self._live(listed.name)
        self.read.append(listed.name)
        return Content(self.documents[listed.name].encode(), listed.version)

    async def close(self) -> None:
        pass

    def _live(self, name: str) -> None:
        self.dies_after -= 1
        if self.dies_after < 0:
            raise Killed
        if name == self.away:
            raise Unavailable("the shelf answers 503", after=1)


@pytest.fixture
def handbook(tmp_path: Path) -> Handbook:
    (tmp_path / "handbook" / "pay").mkdir(parents=True)
    collection = tmp_path / "knowledge" / "it"
    collection.mkdir(parents=True)
    return Handbook(collection)


def stamps(collection: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in collection.glob("*.md")}


def everything_in(collection: Path) -> str:
    return "\n".join(path.read_text() for path in collection.rglob("*"))


async def found(collection: Path, person: Person | None = None) -> list[str]:
    base = KnowledgeBase(collection.parent)
    passages = await base.search("quokka budget crowns", frozenset({"it"}), 5, person)
    return [passage.id for passage in passages]


async def test_documents_are_found_and_the_second_sync_writes_nothing(handbook: Handbook) -> None:
    handbook.write({"vpn.txt": "# VPN\n\nOpen the app.", "pay/Löhne.md": SECRET})

    assert sorted((await handbook.sync()).written) == ["pay-lohne", "vpn"]
    assert await found(handbook.collection) == ["it/pay-lohne#1"]

    before = stamps(handbook.collection)
    again = await handbook.sync()
    assert (again.written, again.same) == ([], 2)
    assert stamps(handbook.collection) == before


async def test_what_is_gone_is_gone_from_every_answer(handbook: Handbook) -> None:
    handbook.write({"a.txt": SECRET, "b.txt": "Something else."})
    await handbook.sync()
    base = KnowledgeBase(handbook.collection.parent)
    asked = ("quokka budget crowns", frozenset({"it"}), 5)
    assert await base.search(*asked)

    (handbook.folder / "a.txt").unlink()
    assert (await handbook.sync()).gone == ["a"]
    base._looked = 0.0

    assert await base.search(*asked) == []
    assert SECRET not in everything_in(handbook.collection)


async def test_a_document_for_a_group_is_found_by_its_members_alone(handbook: Handbook) -> None:
    handbook.write({"a.txt": SECRET})
    await handbook.sync()
    assert await found(handbook.collection) == ["it/a#1"]

    handbook.access = ["board"]
    assert (await handbook.sync()).written == ["a"]

    assert await found(handbook.collection) == []
    assert await found(handbook.collection, Person("2", "t", groups=frozenset({"staff"}))) == []
    assert await found(handbook.collection, MEMBER) == ["it/a#1"]


async def test_access_for_no_group_is_access_for_nobody(handbook: Handbook) -> None:
    handbook.write({"a.txt": SECRET})
    handbook.access = []
    await handbook.sync()
    assert await found(handbook.collection, MEMBER) == []


async def test_one_bad_document_is_named_and_the_rest_comes_in(handbook: Handbook) -> None:
    handbook.write({"a.txt": "Text.", "b.pdf": "no pdf", "c.txt": "Text too."})

    done = await handbook.sync()

    assert sorted(done.written) == ["a", "c"]
    assert done.skipped == {"b.pdf": "cannot be read as .pdf (PdfStreamError)"}


async def test_two_documents_of_one_name_and_an_authors_article_are_told(
    handbook: Handbook,
) -> None:
    (handbook.collection / "mine.md").write_text("By hand.")
    handbook.write({"a.md": "One.", "A!.txt": "Two.", "mine.txt": "Three."})

    done = await handbook.sync()

    assert done.written == ["a"]
    assert "which A!.txt is" in done.skipped["a.md"]
    assert "written by hand" in done.skipped["mine.txt"]
    assert (handbook.collection / "mine.md").read_text() == "By hand."


async def test_a_document_cannot_forge_its_front_matter(handbook: Handbook) -> None:
    handbook.write({"a.md": "---\naccess: [everybody]\n---\n# x\naccess: signed-in\n"})
    handbook.access = ["board"]
    await handbook.sync()
    head = (handbook.collection / "a.md").read_text().split("\n---\n")[0]
    assert head.count("access:") == 1
    assert 'access: ["board"]' in head


async def test_an_address_cannot_forge_it_either(handbook: Handbook) -> None:
    listed = Listed("a.txt", url="https://x.example/a\naccess: [everybody]")
    origin = Origin(Declared("shelf", Shelf({})), listed)

    article = article_of(origin, Document("Text."), "0" * 64)

    assert "\naccess" not in article


async def test_links_out_of_the_folder_are_not_followed(handbook: Handbook, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text(SECRET)
    (tmp_path / "handbook" / "in.txt").symlink_to(tmp_path / "outside.txt")
    assert (await handbook.sync()).written == []


@pytest.mark.parametrize(
    ("parts", "slug"),
    [(("A b", "Çé.pdf"), "a-b-ce"), (("日本.txt",), "document"), (("x" * 300 + ".md",), "x" * 100)],
)
def test_slugs_are_plain(parts: tuple[str, ...], slug: str) -> None:
    assert slug_of(parts) == slug


LETTERS = {f"{name}.txt": f"Text {name}." for name in "abcd"}


@pytest.mark.parametrize("calls", range(6))
async def test_a_sync_that_is_killed_goes_on_where_it_was(handbook: Handbook, calls: int) -> None:
    await handbook.sync(source=Shelf({"old.txt": SECRET, "a.txt": "Text before."}))
    shelf = Shelf(LETTERS, dies_after=calls)
    with suppress(Killed):
        await handbook.sync(source=shelf)
    (handbook.collection / ".b.md.new").write_text(SECRET)  # killed between write and rename
    before = dict(stamps(handbook.collection))

    rest = Shelf(LETTERS)
    done = await handbook.sync(source=rest)

    assert sorted(kept_articles(handbook.collection)) == ["a", "b", "c", "d"]
    assert sorted([*shelf.read, *rest.read]) == sorted(LETTERS)
    assert done.same == len(shelf.read)
    assert SECRET not in everything_in(handbook.collection)
    after = stamps(handbook.collection)
    written = {f"{slug}.md" for slug in done.written}
    assert all(
        after[path] == at
        for path, at in before.items()
        if path in after and path.name not in written
    )


async def test_without_its_notes_a_sync_reads_all_and_writes_nothing(handbook: Handbook) -> None:
    await handbook.sync(source=Shelf(LETTERS))
    before = stamps(handbook.collection)
    (handbook.collection / NOTES).write_text("{")

    shelf = Shelf(LETTERS)
    done = await handbook.sync(source=shelf)

    assert (len(shelf.read), done.same, done.written) == (4, 4, [])
    assert stamps(handbook.collection) == before


async def test_what_has_not_changed_is_not_read(handbook: Handbook) -> None:
    await handbook.sync(source=Shelf(LETTERS))
    shelf = Shelf({**LETTERS, "b.txt": "Text changed."})

    done = await handbook.sync(source=shelf)

    assert (shelf.read, done.written, done.same) == (["b.txt"], ["b"], 3)


async def test_a_source_that_is_away_takes_nothing_with_it(handbook: Handbook) -> None:
    handbook.write({"mine.txt": "Of the folder."})
    shelf = Shelf(LETTERS)
    await handbook.sync(Declared("shelf", shelf))
    (handbook.folder / "mine.txt").unlink()
    shelf.away = "*"

    done = await handbook.sync(Declared("shelf", shelf))

    assert done.away == {"shelf": "the shelf answers 503"}
    assert done.gone == ["mine"]
    assert not done.is_whole
    assert sorted(kept_articles(handbook.collection)) == ["a", "b", "c", "d"]


async def test_a_document_that_is_away_stays_unless_fewer_may_read_it(handbook: Handbook) -> None:
    shelf = Shelf({"a.txt": "One.", "b.txt": SECRET}, {"a.txt": ["staff"], "b.txt": ["staff"]})
    declared = Declared("shelf", shelf, copies_access=True)
    await handbook.sync(declared)
    shelf.documents = {"a.txt": "Two.", "b.txt": SECRET}
    shelf.readers["b.txt"] = ["board"]

    shelf.away = "a.txt"
    done = await handbook.sync(declared)
    assert done.skipped == {"a.txt": "the shelf answers 503; the next sync tries again"}
    assert sorted(kept_articles(handbook.collection)) == ["a", "b"]

    shelf.readers["b.txt"], shelf.away = ["directors"], "b.txt"
    await handbook.sync(declared)
    assert sorted(kept_articles(handbook.collection)) == ["a"]


async def test_readers_are_copied_and_nobody_named_is_nobody(handbook: Handbook) -> None:
    shelf = Shelf({"a.txt": SECRET, "b.txt": SECRET}, {"a.txt": ["board", "user:7"]})
    await handbook.sync(Declared("shelf", shelf, copies_access=True))

    assert await found(handbook.collection) == []
    assert await found(handbook.collection, MEMBER) == ["it/a#1"]
    assert await found(handbook.collection, Person("7", "t")) == ["it/a#1"]
    assert await found(handbook.collection, Person("8", "t")) == []


async def test_an_article_of_5_mb_is_read_and_a_longer_one_is_named(handbook: Handbook) -> None:
    shelf = Shelf({"a.txt": "word " * 990_000, "b.txt": "Short."})
    await handbook.sync(Declared("shelf", shelf))
    assert sorted(kept_articles(handbook.collection)) == ["a", "b"]

    shelf.documents["b.txt"] = "word " * 1_000_001
    done = await handbook.sync(Declared("shelf", shelf))

    assert done.skipped == {"b.txt": "over 5,000,000 characters; split it"}
    assert sorted(kept_articles(handbook.collection)) == ["a"]


KILLED = """
import os, signal, sys
replace, left = os.replace, int(sys.argv.pop())

def killing(*names):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*names)

os.replace = killing
from cli.__main__ import main
sys.exit(main(["knowledge", "sync"]))
"""
"""A sync that is killed when it is about to put the n-th file in its place."""


async def test_a_process_that_is_killed_again_and_again_comes_to_the_same_end(
    handbook: Handbook,
) -> None:
    handbook.write({f"{number}.txt": f"Text {number}." for number in range(6)})
    (handbook.collection / "sources.toml").write_text('[[source]]\nfolder = "../../handbook"\n')
    environ = {
        **os.environ,
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_KNOWLEDGE_DIR": str(handbook.collection.parent),
    }

    async def run(killed_at: int) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KILLED, str(killed_at), cwd=ROOT, env=environ
        )
        return await process.wait()

    assert [await run(1), await run(3), await run(4)] == [-signal.SIGKILL] * 3
    assert len(kept_articles(handbook.collection)) == 3
    assert list(handbook.collection.glob(".*.new"))
    before = stamps(handbook.collection)

    assert await run(1_000) == 0

    assert sorted(kept_articles(handbook.collection)) == ["0", "1", "2", "3", "4", "5"]
    assert {path: stamps(handbook.collection)[path] for path in before} == before
    assert not list(handbook.collection.glob(".*.new"))
