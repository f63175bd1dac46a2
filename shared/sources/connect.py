"""From what a file declares to the source that is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.clients.http import HttpClient
from shared.knowledge.kept import Notes
from shared.knowledge.sync import Declared
from shared.ports.documents import Source
from shared.settings import Settings
from shared.sources.declaration import Declaration

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.media.fetch import Fetcher


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What sources are reached with; `credential` is made by who needs it first."""

    settings: Settings
    http: HttpClient
    credential: "Callable[[], AsyncTokenCredential]"


def connect(
    declarations: Sequence[Declaration], collection: Path, notes: Notes, around: Surroundings
) -> list[Declared]:
    """The sources that are declared; nothing is asked of them yet.

    What a source wrote down that is declared no more is forgotten.
    """
    keys = [f"{declaration.kinds[0]}:{declaration.place}" for declaration in declarations]
    notes.sources = {key: notes.sources.get(key, {}) for key in keys}
    return [
        Declared(
            key,
            _source(declaration, collection, notes.sources[key], around),
            access=declaration.access,
            copies_access=declaration.copies_access,
        )
        for key, declaration in zip(keys, declarations, strict=True)
    ]


def _source(
    declaration: Declaration, collection: Path, tree: dict[str, Any], around: Surroundings
) -> Source:
    match declaration.kinds[0]:
        case "folder":
            from shared.sources.folder import Folder

            return Folder(collection / declaration.folder / declaration.under, declaration.url)
        case "container":
            from shared.sources.container import Container

            return Container(
                declaration.container,
                key=declaration.key,
                credential=around.credential,
                under=declaration.under,
                url=declaration.url,
            )
        case "sitemap":
            from shared.sources.website import Website

            return Website(
                declaration.sitemap,
                _fetcher(),
                hosts=frozenset(host.casefold() for host in declaration.hosts),
                under=declaration.under,
                local=around.settings.local,
            )
    return _library(declaration, tree, around)


def _library(declaration: Declaration, tree: dict[str, Any], around: Surroundings) -> Source:
    from shared.identity.graph_token import GraphToken
    from shared.identity.secrets import Secrets
    from shared.sources.library import Library

    settings = around.settings
    token = GraphToken(
        around.http,
        graph_url=settings.graph_url,
        token_url=settings.teams_token_url,
        credential=around.credential,
        tenant=declaration.tenant,
        client=declaration.client,
        secret=declaration.secret,
        secrets=Secrets(around.http, around.credential, local=settings.local),
    )
    return Library(
        declaration.drive,
        graph_url=settings.graph_url,
        token=token,
        http=around.http,
        fetcher=_fetcher(),
        tree=tree,
        under=declaration.under,
        local=settings.local,
    )


def _fetcher() -> "Fetcher":
    from shared.knowledge.documents.document import MAX_BYTES
    from shared.media.fetch import Fetcher

    return Fetcher(max_bytes=MAX_BYTES)
