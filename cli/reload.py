"""Runs the host as a child process and starts it again when a file of the app changes."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from shared.errors import ConfigurationError

SUFFIXES = (".py", ".toml", ".md", ".json")
PORT_TAKEN = 69
"""The child's exit code for what no change of a file mends: BSD's EX_UNAVAILABLE."""

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
    alive, held = os.pipe()  # `held` closes with this process, however it ends
    child = await _start(alive)
    waiting = asyncio.create_task(_until_of_no_use(child, stop))

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
        await waiting
        child = await _start(alive)
        waiting = asyncio.create_task(_until_of_no_use(child, stop))
    await waiting
    os.close(held)
    os.close(alive)
    return 1 if child.returncode == PORT_TAKEN else await child.wait()


async def _start(alive: int) -> asyncio.subprocess.Process:
    """The child has a process group of its own, so that a signal reaches it once: from here.

    It ends when the other end of `alive` is closed: nobody else would end it after a kill -9.
    """
    options = ("--no-reload", "--supervised", str(alive))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", *sys.argv[1:], *options),
        process_group=0,
        pass_fds=(alive,),
    )


async def _until_of_no_use(child: asyncio.subprocess.Process, stop: asyncio.Event) -> None:
    """Wait for the child's end; set `stop` unless a change of a file may let it start."""
    if await child.wait() == PORT_TAKEN:
        stop.set()


def wanted(path: Path, root: Path) -> bool:
    """Whether a change of this file changes the app."""
    inside = path.relative_to(root).parts
    return path.suffix in SUFFIXES and not _SKIPPED.intersection(inside)
