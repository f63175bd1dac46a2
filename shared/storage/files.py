"""Blobs as files in a folder: for a laptop, where several processes share the folder."""

import asyncio
import os
import re
from collections.abc import Callable
from contextlib import suppress
from math import inf
from pathlib import Path
from tempfile import mkstemp
from time import monotonic, time
from typing import TypeVar

from shared.errors import Unavailable

ORPHANED_SECONDS = 90 * 86_400
"""Age of a blob that a crash left behind: no message and no dead letter lives so long."""

LOOK_SECONDS = 3600.0
"""How often a process that writes blobs looks for orphans."""

T = TypeVar("T")
_NAME = re.compile(r"(?:[a-z]{1,20}=[0-9-]{1,20}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
"""With one folder before it at most, as partitions of a warehouse have: `day=2026-11-16/`."""


class FileBlobs:
    """One file for each blob. The folder is made by the first `put`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._looked = -inf

    async def put(self, name: str, body: bytes) -> None:
        """As the port says; a reader sees the old file or the new one, never half of one."""
        path = self._path(name)
        if path is None:
            raise ValueError(f"{name!r} is no name for a blob")

        def write(target: Path = path) -> None:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = mkstemp(dir=self._folder, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(draft, target)
            except BaseException:
                os.unlink(draft)
                raise
            self._sync_folder()
            if monotonic() - self._looked > LOOK_SECONDS:
                self._looked = monotonic()
                self._remove_orphans()

        await self._do(write)

    async def get(self, name: str) -> bytes | None:
        path = self._path(name)

        def read() -> bytes | None:
            try:
                return path.read_bytes() if path else None
            except FileNotFoundError:
                return None

        return await self._do(read)

    async def delete(self, name: str) -> None:
        if path := self._path(name):
            await self._do(lambda: path.unlink(missing_ok=True))

    async def stored_bytes(self) -> int:
        def summed() -> int:
            files = (path for path in self._folder.rglob("[!.]*") if path.is_file())
            return sum(path.stat().st_size for path in files)

        return await self._do(summed)

    async def address(self, name: str, *, seconds: float, content_type: str, file: str) -> str:
        """None: a folder is no web server."""
        return ""

    async def check(self) -> str:
        def writable() -> str:
            self._folder.mkdir(parents=True, exist_ok=True)
            return "" if os.access(self._folder, os.W_OK) else f"{self._folder} is not writable"

        try:
            return await self._do(writable)
        except Unavailable as error:
            return str(error)

    async def close(self) -> None:
        """Nothing is held open."""

    def _path(self, name: str) -> Path | None:
        """None for a name that no blob here can have: names also come from messages."""
        return self._folder / name if _NAME.fullmatch(name) else None

    def _remove_orphans(self) -> None:
        oldest = time() - ORPHANED_SECONDS
        for path in self._folder.glob("claim-*"):
            with suppress(FileNotFoundError):  # another process was quicker
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _sync_folder(self) -> None:
        """The rename is durable once the folder is."""
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise Unavailable(f"the folder {self._folder} cannot be used: {reason}") from error
