"""Documents in a folder of this machine, and in all folders below it."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

from shared.errors import Unavailable
from shared.knowledge.documents.read import SUFFIXES
from shared.ports.documents import Content, Listed


class Folder:
    """Hidden files and links out of the folder are not followed."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self._folder = folder
        self._url = url.rstrip("/")

    async def listed(self) -> AsyncIterator[Listed]:
        if not self._folder.is_dir():
            raise Unavailable(f"there is no folder {self._folder} now")
        root = self._folder.resolve()
        for path in sorted(self._folder.rglob("*")):
            parts = path.relative_to(self._folder).parts
            if path.suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in parts):
                continue
            if path.is_file() and path.resolve().is_relative_to(root):
                name = "/".join(parts)
                url = self._url and f"{self._url}/{quote(name)}"
                yield Listed(name, handle=name, url=url, size=path.stat().st_size)

    async def content(self, listed: Listed, kept: str = "") -> Content:
        return Content((self._folder / listed.handle).read_bytes())

    async def close(self) -> None:
        pass
