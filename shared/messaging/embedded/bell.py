"""Tells the other processes on a folder that there is news, so that none has to look for it.

A process that waits listens on a named pipe `<database>-bell-<name>`; whoever changed something
writes a byte into each, one for all that it changed in one turn of its loop. A pipe whose process
is gone has no reader, and is removed.
"""

import asyncio
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

DRAINED_BYTES = 4096


class Bell:
    """This process' bell, and those of the others. Where there are no pipes it stays silent."""

    def __init__(self, database: Path) -> None:
        self._folder = database.parent
        self._prefix = f"{database.name}-bell-"
        self._path: Path | None = None
        self._file = -1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looked = -1
        self._others: dict[Path, int] = {}
        self._ringing: asyncio.AbstractEventLoop | None = None

    def listen(self, heard: Callable[[], None]) -> bool:
        """Have `heard` called when somebody rings; whether that is possible here."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return self._file >= 0
        self._stop_listening()
        self._loop = loop
        path = self._folder / f"{self._prefix}{os.getpid()}-{secrets.token_hex(4)}"
        try:
            os.mkfifo(path, 0o600)
            self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK)
            loop.add_reader(self._file, self._hear, heard)
        except (AttributeError, NotImplementedError, OSError):
            self._stop_listening()
            self._loop = loop
            return False
        self._path = path
        return True

    def ring(self) -> None:
        """Wake the others that listen, once what is ready to run on this loop has run."""
        loop = asyncio.get_running_loop()
        if self._ringing is not loop:
            self._ringing = loop
            loop.call_soon(self._ring)

    def _ring(self) -> None:
        """Costs one look at the folder, and a byte for each."""
        if self._ringing is None:
            return
        self._ringing = None
        with suppress(OSError):
            self._look()
        for path, file in list(self._others.items()):
            try:
                os.write(file, b"!")
            except BlockingIOError:
                pass  # it is full: whoever reads it will be awake
            except OSError:
                self._forget(path)
                path.unlink(missing_ok=True)

    def close(self) -> None:
        self._ring()
        self._stop_listening()
        for path in list(self._others):
            self._forget(path)
        self._looked = -1

    def _look(self) -> None:
        """Open the pipes that are new, when the folder has changed."""
        changed = self._folder.stat().st_mtime_ns
        if changed == self._looked:
            return
        self._looked = changed
        found = {path for path in self._folder.glob(f"{self._prefix}*") if path != self._path}
        for path in self._others.keys() - found:
            self._forget(path)
        for path in found - self._others.keys():
            try:
                self._others[path] = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # nobody listens any more
                path.unlink(missing_ok=True)

    def _forget(self, path: Path) -> None:
        os.close(self._others.pop(path))

    def _hear(self, heard: Callable[[], None]) -> None:
        os.read(self._file, DRAINED_BYTES)  # of more, the loop says so again
        heard()

    def _stop_listening(self) -> None:
        if self._file >= 0:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.remove_reader(self._file)
            os.close(self._file)
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self._path, self._file, self._loop = None, -1, None
