"""Which process holds a lock, and whether it still lives: a file that it keeps locked."""

import os
import secrets
from pathlib import Path
from typing import IO


class Owner:
    """This process, towards the others that share a folder; `name` is empty until `claim`.

    The operating system drops the file's `flock` with the process, however it ends, so a pid
    that was used again misleads nobody. Where there is no `flock` (Windows), everyone counts
    as alive and locks run out by time.
    """

    def __init__(self, database: Path) -> None:
        self._prefix = f"{database}-owner-"
        self.name = ""
        self._file: IO[bytes] | None = None

    def claim(self) -> None:
        """Make the file; it appears under its name only once it is locked."""
        if self._file is not None:
            return
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        unnamed = self._path(f"{name}.new")
        file = unnamed.open("wb")
        _try_lock(file)
        unnamed.rename(self._path(name))
        self.name, self._file = name, file

    def alive(self, name: str) -> bool:
        """Whether that owner's process still has its file; removes the file of a dead one."""
        path = self._path(name)
        try:
            with path.open("rb") as file:
                if not _try_lock(file):
                    return True
                path.unlink(missing_ok=True)
                return False
        except FileNotFoundError:
            return False
        except OSError:
            return True

    def release(self) -> None:
        if self._file is not None:
            self._path(self.name).unlink(missing_ok=True)
            self._file.close()
            self.name, self._file = "", None

    def _path(self, name: str) -> Path:
        return Path(self._prefix + name)


def _try_lock(file: IO[bytes]) -> bool:
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
