"""Documents in a library of SharePoint or OneDrive, by Microsoft Graph.

What has changed is asked for by a delta link; what there is is kept as a tree in the notes, because
a folder that is renamed changes the path of all that is in it and is the only one that is told.
Who may read is asked for every document in every sync: a changed permission of a folder or a site
is not told for what is below it.

Source: learn.microsoft.com, "driveItem: delta", "Best practices for discovering files and detecting
changes at scale".
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote, urlsplit

from shared.clients.http import HttpClient, Response
from shared.errors import Unavailable
from shared.identity.graph_token import GraphToken
from shared.knowledge.documents.read import SUFFIXES
from shared.media.fetch import Fetcher
from shared.media.place import Place
from shared.media.unread import Unread
from shared.ports.documents import Content, Listed, Unreadable
from shared.sources.library_readers import readers_of

BATCH = 10
"""Documents whose readers are asked for at once; Graph takes 20, the answer has 1 MiB."""

MAX_PAGES = 5_000
MOST_DEPTH = 100
STORAGE_HOSTS = (".sharepoint.com", ".sharepoint.us", ".sharepoint.cn", ".svc.ms")
"""Where Graph sends who wants the bytes."""


class Library:
    """`drive` is its id. `tree` is kept between syncs: the link, and every item by its id."""

    def __init__(
        self,
        drive: str,
        *,
        graph_url: str,
        token: GraphToken,
        http: HttpClient,
        fetcher: Fetcher,
        tree: dict[str, Any],
        under: str = "",
        local: bool = False,
    ) -> None:
        self._graph = graph_url
        self._drive = f"{graph_url}/drives/{quote(drive, safe='!')}"
        self._path = urlsplit(self._drive).path.removeprefix(urlsplit(graph_url).path)
        self._token = token
        self._http = http
        self._fetcher = fetcher
        self._tree = tree
        self._under = f"{under.strip('/')}/" if under else ""
        self._local = local

    async def listed(self) -> AsyncIterator[Listed]:
        await self._follow_changes()
        documents = list(self._documents())
        while few := list(islice(iter(documents), BATCH)):
            documents = documents[len(few) :]
            readers = await self._readers([id for id, _ in few])
            for id, (name, item) in few:
                yield Listed(
                    name,
                    handle=id,
                    version=item["version"],
                    url=item["url"] if item["url"].startswith("https://") else "",
                    readers=sorted(readers[id]),
                    size=item["size"],
                )

    async def _follow_changes(self) -> None:
        """Bring the tree up to date; from nothing when Graph does not know the link any more."""
        items = dict(self._tree.get("items") or {})
        url = str(self._tree.get("link") or "")
        for _ in range(MAX_PAGES):
            if not url.startswith(f"{self._graph}/"):
                url, items = f"{self._drive}/root/delta", {}
            response = await self._asked("GET", url)
            if response.status == 410:
                url = ""
                continue
            page = _body(response)
            for item in page.get("value") or ():
                _apply(items, item)
            if link := page.get("@odata.deltaLink"):
                self._tree.update(link=link, items=items)
                return
            url = str(page.get("@odata.nextLink") or "")
            if not url.startswith(f"{self._graph}/"):
                raise Unavailable("Graph does not say where the changes go on")
        raise Unavailable("Graph does not come to an end of the changes")

    def _documents(self) -> Iterator[tuple[str, tuple[str, Mapping[str, Any]]]]:
        items = self._tree["items"]
        for id, item in sorted(items.items()):
            path = _path(items, id) if item["file"] else None
            if path is None or not path.startswith(self._under):
                continue
            name = path.removeprefix(self._under)
            if f".{name.rpartition('.')[2].lower()}" in SUFFIXES:
                yield id, (name, item)

    async def _readers(self, ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Those who may read each; nobody where Graph says that the item is gone."""
        requests = [
            {"id": id, "method": "GET", "url": f"{self._path}/items/{quote(id)}/permissions"}
            for id in ids
        ]
        response = await self._asked("POST", f"{self._graph}/$batch", json={"requests": requests})
        answers = {
            str(answer.get("id")): answer
            for answer in _body(response).get("responses") or ()
            if isinstance(answer, dict)
        }
        found = {}
        for id in ids:
            answer = answers.get(id, {})
            status, body = answer.get("status"), answer.get("body")
            if status == 404:
                found[id] = frozenset[str]()
            elif status == 200 and isinstance(body, dict):
                found[id] = readers_of(await self._all_of(body))
            else:
                raise Unavailable(f"Graph tells no permissions ({status})")
        return found

    async def _all_of(self, page: Mapping[str, Any]) -> list[Any]:
        """The permissions of a first page and of those that follow it."""
        found = list(page.get("value") or ())
        while (url := str(page.get("@odata.nextLink") or "")).startswith(f"{self._graph}/"):
            page = _body(await self._asked("GET", url))
            found += page.get("value") or ()
        return found

    async def content(self, listed: Listed, kept: str = "") -> Content | None:
        if kept and kept == listed.version:
            return None
        host = urlsplit(self._graph).hostname or ""
        place = Place(
            f"{self._drive}/items/{quote(listed.handle)}/content",
            frozenset({host, *STORAGE_HOSTS}),
            headers={"authorization": f"Bearer {await self._token.get()}"},
            redirects=2,
            loopback=self._local,
        )
        try:
            return Content(await self._fetcher.fetch(place), listed.version)
        except Unread as error:
            raise Unreadable(error.detail) from None

    async def _asked(self, method: str, url: str, json: Any = None) -> Response:
        headers = {"authorization": f"Bearer {await self._token.get()}"}
        response = await self._http.request(method, url, headers=headers, json=json)
        if response.status in (401, 403):
            raise Unavailable(
                f"Graph answers {response.status}; give the app the permission Sites.Read.All or "
                "Sites.Selected, with an administrator's consent"
            )
        if response.status not in (200, 410):
            raise Unavailable(f"Graph answers {response.status}", after=response.retry_after)
        return response

    async def close(self) -> None:
        pass


def _body(response: Response) -> Mapping[str, Any]:
    body = response.json()
    if response.status != 200 or not isinstance(body, dict):
        raise Unavailable(f"Graph answers {response.status} without what was asked for")
    return body


def _apply(items: dict[str, Any], item: Mapping[str, Any]) -> None:
    """Take one change into the tree."""
    id = str(item.get("id") or "")
    if "deleted" in item:
        items.pop(id, None)
        return
    items[id] = {
        "name": str(item.get("name") or ""),
        "parent": "" if "root" in item else str((item.get("parentReference") or {}).get("id")),
        "file": "file" in item,
        "version": str(item.get("cTag") or item.get("eTag") or ""),
        "url": str(item.get("webUrl") or ""),
        "size": int(item.get("size") or 0) if "file" in item else 0,
    }


def _path(items: Mapping[str, Any], id: str) -> str | None:
    """Names from the root down; None where one above is not there any more."""
    names = list[str]()
    for _ in range(MOST_DEPTH):
        item = items.get(id)
        if item is None:
            return None
        if not item["parent"]:
            return "/".join(reversed(names))
        names.append(item["name"])
        id = item["parent"]
    return None
