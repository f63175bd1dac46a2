"""`botfabric knowledge`: documents become articles, are listed, and searched as a person would."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cli.knowledge_index import bring_index, report, searched
from cli.list import table
from shared.errors import ConfigurationError
from shared.person import Person
from shared.settings import Settings

if TYPE_CHECKING:
    from cli.knowledge_index import Outcome
    from shared.knowledge.sync import Synced
    from shared.ports.knowledge import Passage

BAR_CHARACTERS = 30
HTTP_SECONDS = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", metavar="DEED", required=True)
    sync = deeds.add_parser("sync", help="bring in what has changed in the sources")
    sync.add_argument("collection", nargs="?", help="this one alone (default: all)")
    sync.add_argument(
        "--rebuild", action="store_true", help="make the index anew, as for another model"
    )
    listed = deeds.add_parser("list", help="articles, their passages, who may read them")
    listed.add_argument("collection", nargs="?", help="this one alone (default: all)")
    search = deeds.add_parser("search", help="what somebody would find")
    search.add_argument("text", help="what they ask")
    search.add_argument("--collection", action="append", help="in this one (default: all)")
    search.add_argument(
        "--group", action="append", default=[], help="as a signed-in member of this group"
    )
    for deed in (sync, listed, search):
        deed.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when a document was skipped, or the index is not yet what the articles say."""
    settings = Settings.from_environ()
    folder = settings.knowledge_dir
    match arguments.deed:
        case "sync":
            return asyncio.run(_sync(arguments, settings))
        case "list":
            _list(arguments, folder)
        case _:
            asyncio.run(_search(arguments, folder, has_index=bool(settings.index_url)))
    return 0


async def _sync(arguments: argparse.Namespace, settings: Settings) -> int:
    results = {
        collection.name: done
        for collection in _collections(settings.knowledge_dir, arguments.collection)
        if (done := await _synced(collection, settings)) is not None
    }
    outcome = await _index(rebuild=arguments.rebuild) if settings.index_url else None
    if arguments.json:
        told = {name: asdict(done) for name, done in results.items()}
        print(json.dumps(told | ({"index": asdict(outcome)} if outcome else {})))
    else:
        for name, done in results.items():
            _print(name, done)
        if outcome:
            report(outcome)
        elif not results:
            place = f"{settings.knowledge_dir}/<collection>/sources.toml"
            print(f"no collection has sources; declare them in {place}")
    whole = all(done.is_whole for done in results.values())
    return 0 if whole and not (outcome and outcome.problem) else 1


async def _index(*, rebuild: bool) -> "Outcome":
    import function_app  # noqa: F401 -- declares the skills that manifests name
    from functions.host import fabric

    try:
        return await bring_index(fabric(), rebuild=rebuild, progress=_progress)
    finally:
        await fabric().close()


async def _synced(collection: Path, settings: Settings) -> "Synced | None":
    """Sync one collection; None when nothing in it has to do with a source."""
    from shared.clients.http import HttpClient
    from shared.identity.credential import OneCredential
    from shared.knowledge.kept import Notes, kept_articles
    from shared.knowledge.sync import sync
    from shared.manifest.sources import load_sources
    from shared.sources.connect import Surroundings, connect

    declarations = load_sources(collection, settings.environ, local=settings.local)
    if not declarations and not any(kept_articles(collection).values()):
        return None
    http, notes = HttpClient(timeout=HTTP_SECONDS), Notes.of(collection)
    credential = OneCredential(local=settings.local, client_id=settings.client_id)
    around = Surroundings(settings, http, credential.get)
    declared = connect(declarations, collection, notes, around)
    done = None
    try:
        async for done in sync(collection, declared, notes):
            _progress(collection.name, done.done, done.whole)
    finally:
        for one in declared:
            await one.source.close()
        await credential.close()
        await http.close()
    return done


def _print(name: str, done: "Synced") -> None:
    left = f", {len(done.left_out)} left out" if done.left_out else ""
    print(
        f"{name}: {len(done.written)} written, {done.same} unchanged, "
        f"{len(done.gone)} gone, {len(done.skipped)} skipped{left}"
    )
    for word, reasons in (
        ("away", done.away),
        ("skipped", done.skipped),
        ("left out", done.left_out),
    ):
        for document, reason in reasons.items():
            print(f"  {word} {document}: {reason}")


def _progress(name: str, done: int, whole: int) -> None:
    """A bar on a terminal, nothing elsewhere."""
    if sys.stderr.isatty() and whole:
        filled = BAR_CHARACTERS * min(done, whole) // whole
        end = "\n" if done >= whole else ""
        bar = "#" * filled + "." * (BAR_CHARACTERS - filled)
        print(f"\r{name} [{bar}] {min(done, whole)}/{whole}", end=end, file=sys.stderr, flush=True)


def _list(arguments: argparse.Namespace, folder: Path) -> None:
    rows = list(_articles(folder, arguments.collection))
    print(json.dumps(rows) if arguments.json else table("articles", rows))


def _articles(folder: Path, only: str | None) -> Iterator[dict[str, object]]:
    from shared.knowledge.access import shown
    from shared.knowledge.kept import kept_articles
    from shared.knowledge.reading import in_folder

    for collection in _collections(folder, only):
        kept = kept_articles(collection)
        for path in sorted(collection.glob("*.md")):
            passages = in_folder(path)
            access = passages[0].access if passages else ()
            yield {
                "article": f"{collection.name}/{path.stem}",
                "title": passages[0].title if passages else "",
                "passages": len(passages),
                "readers": shown(access) or "everybody",
                "from": "source" if kept[path.stem] else "author",
            }


async def _search(arguments: argparse.Namespace, folder: Path, *, has_index: bool) -> None:
    from shared.knowledge.articles import KnowledgeBase

    names = frozenset(path.name for path in _collections(folder, None))
    if unknown := set(arguments.collection or ()) - names:
        raise ConfigurationError(f"there is no collection {unknown.pop()!r} in {folder}")
    asked = frozenset(arguments.collection or names)
    groups = frozenset(arguments.group)
    person = Person("cli", "", "", groups) if groups else None
    if has_index:
        import function_app  # noqa: F401 -- declares the skills that manifests name
        from functions.host import fabric

        try:
            base = searched(fabric())
            await base.prepare()
            found = await base.search(arguments.text, asked, 5, person)
        finally:
            await fabric().close()
    else:
        found = await KnowledgeBase(folder).search(arguments.text, asked, 5, person)
    rows = [_row(passage) for passage in found]
    print(json.dumps(rows) if arguments.json else table("passages", rows))


def _row(passage: "Passage") -> dict[str, object]:
    return {
        "passage": passage.id,
        "score": round(passage.score, 2),
        "title": passage.title,
        "heading": passage.heading,
        "text": " ".join(passage.text.split())[:80],
    }


def _collections(folder: Path, only: str | None) -> list[Path]:
    found = sorted(path for path in folder.glob("*/") if path.is_dir())
    if only is None:
        return found
    if only not in [path.name for path in found]:
        raise ConfigurationError(f"there is no collection {only!r} in {folder}")
    return [folder / only]
