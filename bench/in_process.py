"""The product without an HTTP server: the webhook function is called, the queues dispatched.

Reads one JSON message body a line from stdin and does what `COUNT CONCURRENCY` before them
says; answers with the CPU seconds that the messages took, and the seconds that passed.
"""

import asyncio
import sys
import time
from dataclasses import replace
from pathlib import Path

import azure.functions as func

from cli import process
from cli.function import QUEUES, Function, load_functions
from cli.host_json import HostJson
from cli.queues import Queues
from functions.host import fabric
from shared.observability import log

WEBHOOK, SKILL = "teams", "skill_echo"


class App:
    """The functions of the product; `finish` is called after each turn of the echo skill."""

    def __init__(self) -> None:
        self._limits = HostJson.load(Path("host.json"))
        functions = {one.name: one for one in load_functions(self._limits.function_timeout)}
        self._webhook = functions[WEBHOOK]
        skill = functions[SKILL]

        async def counted(msg: func.ServiceBusMessage) -> None:
            await skill.call(msg)
            self._free.release()

        functions[SKILL] = replace(skill, call=counted)
        self._queues = [one for one in functions.values() if one.type in QUEUES]
        self._free = asyncio.Semaphore(0)

    async def run(self, token: str, bodies: list[bytes], concurrency: int) -> tuple[float, float]:
        """CPU and clock seconds from the first post until the last message is settled."""
        self._free = asyncio.Semaphore(concurrency)
        queues = Queues(fabric().bus, self._queues, self._limits)  # type: ignore[arg-type]
        queues.start()
        clock, cpu = time.perf_counter(), time.process_time()
        async with asyncio.TaskGroup() as posts:
            for body in bodies:
                await self._free.acquire()
                posts.create_task(self._post(token, body))
        for _ in range(concurrency):
            await self._free.acquire()
        while not queues.idle:  # noqa: ASYNC110 -- the host gives no event for it
            await asyncio.sleep(0.005)
        used = time.process_time() - cpu, time.perf_counter() - clock
        await queues.stop(5)
        return used

    async def _post(self, token: str, body: bytes) -> None:
        request = func.HttpRequest(
            method="POST",
            url="http://localhost/api/teams/echo",
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
            route_params={"bot": "echo"},
            body=body,
        )
        response = await Function.run(self._webhook, request)
        if response.status_code != 202:
            raise RuntimeError(f"the webhook answers {response.status_code}")


async def main() -> None:
    log.configure()
    app = App()
    process.started()
    print("ready", flush=True)
    lines = iter(sys.stdin.buffer.readline, b"")
    for line in lines:
        token, count, concurrency = line.decode().split()
        bodies = [next(lines) for _ in range(int(count))]
        cpu, clock = await app.run(token, bodies, int(concurrency))
        print(f"{cpu} {clock}", flush=True)
    await fabric().close()


if __name__ == "__main__":
    process.run(main())
