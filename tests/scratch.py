"""Where tests write: into memory, on a machine that has a file system there.

SQLite waits for the disk at each commit, which is thousands of times in a run. What that wait is
for is power that fails; no test cuts it, so none can tell the difference.
"""

import os
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
NEEDED_BYTES = 2 * 2**30
"""Several times what a run leaves there. In a container it is often 64 MB in all."""


def choose() -> None:
    """Have this process and its children write to memory, unless `TMPDIR` says where."""
    if "TMPDIR" not in os.environ and _serves(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def _serves(folder: Path) -> bool:
    """Whether `folder` has room, may be written to, and may hold programs that run."""
    try:
        state = os.statvfs(folder)
    except OSError:
        return False
    room = state.f_bavail * state.f_frsize >= NEEDED_BYTES
    return room and not state.f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK | os.X_OK)
