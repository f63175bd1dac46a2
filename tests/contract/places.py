"""The places that sources read from, each as its owner changes it. A new one joins by a line."""

import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from azure.storage.blob import ContainerClient

from shared.clients.http import HttpClient
from shared.identity.graph_token import GraphToken
from shared.media.fetch import Fetcher
from shared.ports.documents import Source
from shared.sources.container import Container
from shared.sources.folder import Folder
from shared.sources.library import Library
from shared.sources.website import Website
from stand_ins.azurite.process import ACCOUNT, KEY
from stand_ins.sharepoint.drive import Drive
from stand_ins.sharepoint.server import CLIENT_ID, CLIENT_SECRET, SharePointServer
from tests import services
from tests.contract.storage import azurite
from tests.contract.web_servers import BlobServer, HelpCentre

CONTAINER = "handbook"


class Place(Protocol):
    """Documents by name, and the source that reads them. `tree` is what a source keeps."""

    def put(self, name: str, text: str, readers: Sequence[str] = ()) -> None: ...

    def remove(self, name: str) -> None: ...

    def close_down(self) -> None:
        """Be away from now on."""
        ...

    def source(self, tree: dict[str, Any]) -> Source: ...


class FolderPlace:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, text: str, readers: Sequence[str] = ()) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink()

    def close_down(self) -> None:
        shutil.rmtree(self._folder)

    def source(self, tree: dict[str, Any]) -> Source:
        return Folder(self._folder)


class BlobPlace:
    """`address` is of a container on Azurite, or on a server of this process."""

    def __init__(self, address: str, server: BlobServer | None = None) -> None:
        self._address = address
        self._server = server
        self._down = False

    @property
    def _container(self) -> ContainerClient:
        return ContainerClient.from_container_url(self._address, credential=KEY)

    def put(self, name: str, text: str, readers: Sequence[str] = ()) -> None:
        metadata = {"access": ", ".join(readers)} if readers else {}
        if self._server is not None:
            self._server.put(f"docs/{name}", text.encode(), metadata)
            return
        with self._container as container:
            container.upload_blob(f"docs/{name}", text, metadata=metadata, overwrite=True)

    def remove(self, name: str) -> None:
        if self._server is not None:
            self._server.blobs.pop(f"docs/{name}")
            return
        with self._container as container:
            container.delete_blob(f"docs/{name}")

    def close_down(self) -> None:
        if self._server is not None:
            self._server.status = 503
            return
        with self._container as container:
            container.delete_container()

    def source(self, tree: dict[str, Any]) -> Source:
        return Container(self._address, key=KEY, credential=nobody, under="docs")


class SitePlace:
    def __init__(self, server: HelpCentre) -> None:
        self._server = server

    def put(self, name: str, text: str, readers: Sequence[str] = ()) -> None:
        self._server.put(name, text)

    def remove(self, name: str) -> None:
        self._server.pages.pop(name)

    def close_down(self) -> None:
        self._server.status = 503

    def source(self, tree: dict[str, Any]) -> Source:
        return Website(f"{self._server.url}/sitemap.xml", Fetcher(), local=True)


class LibraryPlace:
    def __init__(self, server: SharePointServer, http: HttpClient) -> None:
        self.server = server
        self._http = http

    def put(self, name: str, text: str, readers: Sequence[str] = ()) -> None:
        granted = [{"roles": ["read"], "grantedToV2": {"group": {"id": one}}} for one in readers]
        self.server.drives["documents"].put(f"docs/{name}", text.encode(), granted)

    def remove(self, name: str) -> None:
        self.server.drives["documents"].remove(f"docs/{name}")

    def close_down(self) -> None:
        self.server.status = 503

    def source(self, tree: dict[str, Any]) -> Source:
        settings = self.server.settings
        token = GraphToken(
            self._http,
            graph_url=settings["FABRIC_GRAPH_URL"],
            token_url=settings["FABRIC_TEAMS_TOKEN_URL"],
            credential=nobody,
            tenant="contoso",
            client=CLIENT_ID,
            secret=CLIENT_SECRET,
        )
        return Library(
            "documents",
            graph_url=settings["FABRIC_GRAPH_URL"],
            token=token,
            http=self._http,
            fetcher=Fetcher(),
            tree=tree,
            under="docs",
            local=True,
        )


def nobody() -> Any:
    raise AssertionError("nobody has an identity here")


@asynccontextmanager
async def a_folder(folder: Path) -> AsyncIterator[Place]:
    (folder / "docs").mkdir()
    yield FolderPlace(folder / "docs")


@asynccontextmanager
async def a_container(folder: Path) -> AsyncIterator[Place]:
    async with BlobServer() as server:
        yield BlobPlace(f"{server.url}/{ACCOUNT}/{CONTAINER}", server)


@asynccontextmanager
async def on_azurite(folder: Path) -> AsyncIterator[Place]:
    port = azurite().ports["blob"]
    place = BlobPlace(f"http://127.0.0.1:{port}/{ACCOUNT}/{CONTAINER}-{uuid4().hex[:8]}")
    with place._container as container:
        container.create_container()
    yield place


@asynccontextmanager
async def a_website(folder: Path) -> AsyncIterator[Place]:
    async with HelpCentre() as server:
        yield SitePlace(server)


@asynccontextmanager
async def a_library(folder: Path) -> AsyncIterator[Place]:
    http = HttpClient()
    async with SharePointServer(drives={"documents": Drive()}) as server:
        yield LibraryPlace(server, http)
    await http.close()


PLACES: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Place]]] = {
    "folder": a_folder,
    "container": a_container,
    "website": a_website,
    "library": a_library,
} | ({"azurite": on_azurite} if services.HAS_AZURITE else {})
