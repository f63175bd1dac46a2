"""A bot in a process of its own, and the CPU time that it alone uses."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

TICK = 1 / os.sysconf("SC_CLK_TCK")


class BotProcess:
    """Entered with `async with`; it says `ready URL` on stdout, and its log goes to a file."""

    url = ""

    def __init__(
        self, command: Sequence[str], log: Path, environ: Mapping[str, str] | None = None
    ) -> None:
        self._command = command
        self._log = log
        self._environ = {**os.environ, **(environ or {})}

    async def __aenter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._environ,
            )
        line = (await self._read_line()).split()
        if line[:1] != ["ready"]:
            await self.__aexit__()
            end = "\n".join(self._log.read_text().splitlines()[-5:])
            raise RuntimeError(f"{' '.join(self._command)} did not start\n{end}")
        self.url = line[1] if len(line) > 1 else ""
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 15)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def ask(self, lines: bytes, *, patience: float = 300) -> str:
        """Write to its stdin and return the next line of its stdout, within `patience` seconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(lines)
        await self._process.stdin.drain()
        return await self._read_line(patience)

    async def _read_line(self, patience: float = 300) -> str:
        assert self._process.stdout is not None
        return (await asyncio.wait_for(self._process.stdout.readline(), patience)).decode()

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()

    def cpu(self) -> float:
        """User and system seconds of all its threads so far, in steps of a clock tick."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) * TICK

    async def quiet(self) -> float:
        """Wait until the process does nothing more, and return its CPU time."""
        before, still = self.cpu(), 0
        while still < 4:
            await asyncio.sleep(0.05)
            now = self.cpu()
            still = still + 1 if now == before else 0
            before = now
        return before
