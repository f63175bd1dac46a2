"""One conversation with a running host, be it `func start` or `botfabric run`: exit code 0 or 1.

`python tests/smoke.py [--url http://localhost:7071] [--port 9099]`, where the port is that of
the stub connector that this script runs. The host must know it:
`FABRIC_TEAMS_SERVICE_HOSTS=127.0.0.1:9099`.
"""

import argparse
import asyncio
import secrets
import sys

from aiohttp import ClientConnectionError, ClientSession, web

LOOK_SECONDS = 0.5
CONVERSATION = (
    ("how do I reset my password?", "password"),
    ("/echo one more", "one more"),
)
"""What is said, and what the reply must contain. The first is handed on by the router."""


async def smoke(url: str, port: int, patience: float) -> None:
    """Raises AssertionError or TimeoutError."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    runner = await _connector(heard, port)
    try:
        async with ClientSession() as session, asyncio.timeout(patience):
            await _until_healthy(session, url)
            conversation, service = f"a:smoke-{secrets.token_hex(4)}", f"http://127.0.0.1:{port}"
            for number, (said, wanted) in enumerate(CONVERSATION):
                print(f"you: {said}")
                message = _message(said, f"{conversation}.{number}", conversation, service)
                async with session.post(f"{url}/api/teams/helpdesk", json=message) as response:
                    assert response.ok, f"{response.status}: {await response.text()}"
                while wanted not in (reply := await heard.get()):
                    print(f"bot: {reply}")
                print(f"bot: {reply}")
    finally:
        await runner.cleanup()


async def _connector(heard: asyncio.Queue[str], port: int) -> web.AppRunner:
    """The Bot Connector, as far as replies need it."""

    async def receive(request: web.Request) -> web.Response:
        activity = await request.json()
        if activity["type"] == "message":
            heard.put_nowait(activity["text"])
        return web.json_response({"id": secrets.token_hex(4)}, status=201)

    app = web.Application()
    app.router.add_post("/v3/conversations/{tail:.*}", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


async def _until_healthy(session: ClientSession, url: str) -> None:
    """Core Tools takes a while to start its worker."""
    while True:
        try:
            async with session.get(f"{url}/api/health") as response:
                if response.status == 200:
                    print(f"health: {await response.text()}")
                    return
        except ClientConnectionError:
            pass
        await asyncio.sleep(LOOK_SECONDS)


def _message(text: str, id: str, conversation: str, service_url: str) -> dict[str, object]:
    return {
        "type": "message",
        "id": id,
        "text": text,
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": {"id": "29:smoke"},
        "recipient": {"id": "28:helpdesk"},
        "conversation": {"id": conversation},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default="http://localhost:7071")
    parser.add_argument("--port", type=int, default=9099, help="of the stub connector")
    parser.add_argument("--patience", type=float, default=120, metavar="SECONDS")
    arguments = parser.parse_args()
    try:
        asyncio.run(smoke(arguments.url, arguments.port, arguments.patience))
    except (AssertionError, TimeoutError) as error:
        print(f"smoke: {str(error) or 'no answer in time'}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
