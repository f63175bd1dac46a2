"""The floor: an aiohttp handler that answers 200 and does nothing else."""

import asyncio

from aiohttp import web


async def answer(request: web.BaseRequest) -> web.Response:
    await request.read()
    return web.Response()


async def main() -> None:
    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"ready http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
