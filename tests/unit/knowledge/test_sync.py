"""Documents become articles: what is new, the same, gone, forbidden, broken, or there already."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.sources import load_sources
from shared.knowledge.sync import Synced, carry_out, kept_articles, origins, plan_sync, slug_of
from shared.person import Person

SECRET = "The quokka budget is 77 crowns."
MEMBER = Person("1", "t", groups=frozenset({"board"}))


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A collection `it` with one source, the folder `handbook` beside `knowledge`."""
    (tmp_path / "handbook" / "pay").mkdir(parents=True)
    folder = tmp_path / "knowledge" / "it"
    folder.mkdir(parents=True)
    declare(folder)
    return folder


def declare(collection: Path, more: str = "") -> None:
    (collection / "sources.toml").write_text(f'[[source]]\nfolder = "../../handbook"\n{more}')


def write(collection: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (collection.parents[1] / "handbook" / name).write_text(text)


def sync(collection: Path, *, stop_after: int = 1_000) -> Synced:
    """Run one, or kill it after so many documents."""
    plan = plan_sync(list(origins(load_sources(collection))), kept_articles(collection))
    done = Synced()
    for number, done in enumerate(carry_out(collection, plan)):  # noqa: B007
        if number >= stop_after:
            break
    return done


def stamps(collection: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in collection.glob("*.md")}


def everything_in(collection: Path) -> str:
    return "\n".join(path.read_text() for path in collection.rglob("*"))


async def found(collection: Path, person: Person | None = None) -> list[str]:
    base = KnowledgeBase(collection.parent)
    passages = await base.search("quokka budget crowns", frozenset({"it"}), 5, person)
    return [passage.id for passage in passages]


async def test_documents_are_found_and_the_second_sync_writes_nothing(collection: Path) -> None:
    write(collection, {"vpn.txt": "# VPN\n\nOpen the app.", "pay/Löhne.md": SECRET})

    assert sorted(sync(collection).written) == ["pay-lohne", "vpn"]
    assert await found(collection) == ["it/pay-lohne#1"]

    before = stamps(collection)
    again = sync(collection)
    assert (again.written, again.same) == ([], 2)
    assert stamps(collection) == before


async def test_what_is_gone_is_gone_from_every_answer(collection: Path) -> None:
    write(collection, {"a.txt": SECRET, "b.txt": "Something else."})
    sync(collection)
    base = KnowledgeBase(collection.parent)
    asked = ("quokka budget crowns", frozenset({"it"}), 5)
    assert await base.search(*asked)

    (collection.parents[1] / "handbook" / "a.txt").unlink()
    assert sync(collection).gone == ["a"]
    base._looked = 0.0

    assert await base.search(*asked) == []
    assert SECRET not in everything_in(collection)


async def test_a_document_for_a_group_is_found_by_its_members_alone(collection: Path) -> None:
    write(collection, {"a.txt": SECRET})
    sync(collection)
    assert await found(collection) == ["it/a#1"]

    declare(collection, 'access = ["board"]')
    assert sync(collection).written == ["a"]

    assert await found(collection) == []
    assert await found(collection, Person("2", "t", groups=frozenset({"staff"}))) == []
    assert await found(collection, MEMBER) == ["it/a#1"]


async def test_access_for_no_group_is_access_for_nobody(collection: Path) -> None:
    write(collection, {"a.txt": SECRET})
    declare(collection, "access = []")
    sync(collection)
    assert await found(collection, MEMBER) == []


@pytest.mark.parametrize("done", range(4))
async def test_a_sync_that_is_killed_goes_on_where_it_was(collection: Path, done: int) -> None:
    write(collection, {f"{name}.txt": f"Text {name}." for name in "abc"})
    sync(collection, stop_after=done)

    rest = sync(collection)

    assert rest.same + len(rest.written) == 3
    assert rest.same == done
    assert sorted(kept_articles(collection)) == ["a", "b", "c"]


def test_one_bad_document_is_named_and_the_rest_comes_in(collection: Path) -> None:
    write(collection, {"a.txt": "Text.", "b.pdf": "no pdf", "c.txt": "Text too."})

    done = sync(collection)

    assert sorted(done.written) == ["a", "c"]
    assert done.skipped == {"b.pdf": "cannot be read as .pdf (PdfStreamError)"}


def test_two_documents_of_one_name_and_an_authors_article_are_told(collection: Path) -> None:
    (collection / "mine.md").write_text("By hand.")
    write(collection, {"a.md": "One.", "A!.txt": "Two.", "mine.txt": "Three."})

    done = sync(collection)

    assert done.written == ["a"]
    assert "which A!.txt is" in done.skipped["a.md"]
    assert "written by hand" in done.skipped["mine.txt"]
    assert (collection / "mine.md").read_text() == "By hand."


def test_a_document_cannot_forge_its_front_matter(collection: Path) -> None:
    write(collection, {"a.md": "---\naccess: [everybody]\n---\n# x\naccess: signed-in\n"})
    declare(collection, 'access = ["board"]')
    sync(collection)
    head = (collection / "a.md").read_text().split("\n---\n")[0]
    assert head.count("access:") == 1
    assert 'access: ["board"]' in head


def test_links_out_of_the_folder_are_not_followed(collection: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text(SECRET)
    (tmp_path / "handbook" / "in.txt").symlink_to(tmp_path / "outside.txt")
    assert sync(collection).written == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[source]]", "there is no folder None"),
        ('[[source]]\nfolder = "nowhere"', "there is no folder 'nowhere'"),
        ('[[source]]\nfolder = "../../handbook"\naccess = "board"', "access: write a list"),
        ('[[source]]\nfolder = "../../handbook"\nurl = "http://x"', "url: write https"),
        ('[[source]]\nfolder = "../../handbook"\ngroups = []', "groups is not known here"),
        ("folder = 1", "write [[source]]"),
        ("[[", "sources.toml"),
    ],
)
def test_a_wrong_declaration_is_one_line(collection: Path, text: str, said: str) -> None:
    (collection / "sources.toml").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load_sources(collection)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("parts", "slug"),
    [(("A b", "Çé.pdf"), "a-b-ce"), (("日本.txt",), "document"), (("x" * 300 + ".md",), "x" * 100)],
)
def test_slugs_are_plain(parts: tuple[str, ...], slug: str) -> None:
    assert slug_of(parts) == slug
