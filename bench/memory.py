"""Memory of one process over many turns, each fourth in a conversation it has never seen.

`python -m bench.memory 100000` runs more of them than the ordinary bench.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from bench.arrivals import LOCAL_BOT
from bench.process import BotProcess
from bench.product import environ

SAMPLES = 5


async def memory(folder: Path, turns: int = 5000) -> Mapping[int, int]:
    """Resident bytes after so many turns; the first sample has everything loaded."""
    home = folder / "memory"
    home.mkdir()
    async with AsyncExitStack() as stack:

        async def start(module: str) -> BotProcess:
            command = [sys.executable, "-m", module]
            bot = BotProcess(command, home / f"{module}.log", environ(home, LOCAL_BOT))
            return await stack.enter_async_context(bot)

        connector, bot = await start("bench.stub_connector"), await start("bench.turns")
        used, done = {}, 0
        for sample in range(SAMPLES + 1):
            count = turns // SAMPLES if sample else min(500, turns // SAMPLES)
            done += count
            used[done] = int(await bot.ask(f"{count} {connector.url}\n".encode(), patience=3600))
            replies = int(await connector.ask(b"\n"))
            if replies != done:
                raise RuntimeError(f"{replies} replies to {done} messages")
        return used


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for turns, used in asyncio.run(memory(Path(folder), int(sys.argv[1]))).items():
            print(f"{turns:>9,} turns {used / 2**20:7.1f} MiB", flush=True)


if __name__ == "__main__":
    main()
