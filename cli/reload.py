"""Runs the host as a child process and starts it again when a file of the app changes."""

import asyncio
import signal
import sys
from pathlib import Path

from shared.errors import ConfigurationError

SUFFIXES = (".py", ".toml", ".md", ".json")
_SKIPPED = frozenset({".venv", ".git", ".fabric", ".cache", "node_modules", "__pycache__", "tests"})


def supervise(root: Path) -> int:
    """Run this very command with `--no-reload` until it is stopped; its exit code."""
    try:
        import watchfiles  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            "reloading needs the package watchfiles: pip install -e '.[local]', "
            "or run with --no-reload"
        ) from error
    return asyncio.run(_supervise(root))


async def _supervise(root: Path) -> int:
    from watchfiles import awatch

    stop = asyncio.Event()
    child = await _start()

    def forward(number: signal.Signals) -> None:
        stop.set()
        if child.returncode is None:
            child.send_signal(number)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, forward, number)
    changes = awatch(root, watch_filter=lambda _, path: wanted(Path(path), root), stop_event=stop)
    async for _ in changes:
        print("changed: starting again", file=sys.stderr, flush=True)
        if child.returncode is None:
            child.terminate()
        await child.wait()
        child = await _start()
    return await child.wait()


async def _start() -> asyncio.subprocess.Process:
    """The child has a process group of its own, so that a signal reaches it once: from here."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", *sys.argv[1:], "--no-reload", process_group=0
    )


def wanted(path: Path, root: Path) -> bool:
    """Whether a change of this file changes the app."""
    inside = path.relative_to(root).parts
    return path.suffix in SUFFIXES and not _SKIPPED.intersection(inside)
