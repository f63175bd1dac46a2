"""A library: a tree of folders and documents, and the order in which they changed."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

ROOT = "root"


@dataclass(slots=True)
class Item:
    """`body` is None for a folder. `permissions` are its own, None for those of its folder."""

    id: str
    name: str
    parent: str
    body: bytes | None = None
    version: int = 1
    permissions: Sequence[Any] | None = None


@dataclass
class Drive:
    """`first` is the oldest token that is still known: those before it are gone."""

    items: dict[str, Item] = field(default_factory=lambda: {ROOT: Item(ROOT, "root", "")})
    changes: list[str] = field(default_factory=lambda: [ROOT])
    first: int = 0

    def put(self, path: str, body: bytes, permissions: Sequence[Any] | None = None) -> str:
        """Write a document, with the folders that it needs. Return its id."""
        *folders, name = path.split("/")
        parent = ROOT
        for folder in folders:
            parent = self._child(parent, folder) or self._add(parent, folder, None)
        id = self._child(parent, name)
        if id is None:
            id = self._add(parent, name, body)
        elif self.items[id].body != body:
            self.items[id].body, self.items[id].version = body, self.items[id].version + 1
            self.changes.append(id)
        if permissions is not None:
            self.items[id].permissions = permissions
        return id

    def remove(self, path: str) -> None:
        """Delete a document or a folder. What was in a folder is not told."""
        id = self.find(path)
        gone = {id, *self._below(id)}
        self.items = {key: item for key, item in self.items.items() if key not in gone}
        self.changes.append(id)

    def rename(self, path: str, name: str) -> None:
        """Only the item itself is told as changed."""
        id = self.find(path)
        self.items[id].name = name
        self.changes.append(id)

    def permit(self, path: str, permissions: Sequence[Any]) -> None:
        """Say who may read it and all below it; no change is told for that."""
        self.items[self.find(path)].permissions = permissions

    def permissions(self, id: str) -> Sequence[Any]:
        """Its own, or those of the nearest folder above that has some."""
        while (item := self.items[id]).permissions is None and item.parent:
            id = item.parent
        return item.permissions or ()

    def forget(self) -> None:
        """Know no token any more, as Graph does after some months."""
        self.first = len(self.changes) + 1
        self.changes.append(ROOT)

    def since(self, token: int | None) -> list[dict[str, Any]]:
        """What a delta gives: all there is, or what has changed, each item once."""
        ids = list(self.items) if token is None else list(dict.fromkeys(self.changes[token:]))
        return [self._told(id) for id in ids]

    def find(self, path: str) -> str:
        id = ROOT
        for name in path.split("/") if path else ():
            child = self._child(id, name)
            if child is None:
                raise KeyError(path)
            id = child
        return id

    def _told(self, id: str) -> dict[str, Any]:
        """An item without its path, which a delta does not tell."""
        item = self.items.get(id)
        if item is None:
            return {"id": id, "deleted": {"state": "deleted"}}
        told: dict[str, Any] = {"id": id, "name": item.name}
        told |= {"parentReference": {"id": item.parent}} if item.parent else {"root": {}}
        if item.body is None:
            return {**told, "folder": {}}
        url = f"https://contoso.sharepoint.com/sites/it/{id}"
        version = f'"c:{{{id}}},{item.version}"'
        return {**told, "file": {}, "cTag": version, "size": len(item.body), "webUrl": url}

    def _add(self, parent: str, name: str, body: bytes | None) -> str:
        id = f"01{uuid.uuid4().hex.upper()}"
        self.items[id] = Item(id, name, parent, body)
        self.changes.append(id)
        return id

    def _child(self, parent: str, name: str) -> str | None:
        below = (item for item in self.items.values() if item.parent == parent)
        return next((item.id for item in below if item.name == name), None)

    def _below(self, id: str) -> Iterator[str]:
        for item in self.items.values():
            if item.parent == id:
                yield item.id
                yield from self._below(item.id)
