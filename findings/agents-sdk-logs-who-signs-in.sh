#!/bin/bash
# Asking the token service for a card to sign in writes the person's name into the log. `UserTokenClient`
# logs its query at INFO, and the `state` in it is the whole conversation reference in base64: a filter
# that looks for names or addresses sees none, and whoever decodes the line has both.
# microsoft-agents-hosting-core 1.9.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check microsoft-agents-hosting-core==1.9.0
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import base64
import logging
import re
import sys

from aiohttp import web
from microsoft_agents.activity import Activity
from microsoft_agents.hosting.core.connector.client import UserTokenClient

lines: list[str] = []


class Kept(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        lines.append(record.getMessage())


async def resource(request: web.Request) -> web.Response:
    link = {"signInLink": "https://token.example/sign-in"}
    return web.json_response({"signInResource": link})


async def main() -> None:
    app = web.Application()
    app.router.add_get("/api/usertoken/GetTokenOrSignInResource", resource)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    client = UserTokenClient(url, "a-token", app_id="an-app")
    activity = Activity(
        type="message",
        id="1",
        channel_id="msteams",
        service_url="https://smba.trafficmanager.net/teams/",
        from_property={"id": "29:1", "name": "Anna Example"},
        recipient={"id": "28:an-app", "name": "Bot"},
        conversation={"id": "a:1"},
        text="hello",
    )
    await client.get_token_or_sign_in_resource("connection", activity)
    await client.close()
    await runner.cleanup()


logging.basicConfig(level=logging.INFO, handlers=[Kept()], force=True)
asyncio.run(main())
states = [text for line in lines for text in re.findall(r"'state': '([^']+)'", line)]
decoded = [base64.b64decode(text).decode() for text in states]
plain = any("Anna Example" in line for line in lines)
hidden = any("Anna Example" in text for text in decoded)
print("the name stands in a line at INFO as it is:", plain)
print("the name stands there in base64:", hidden)
as_found = hidden and not plain
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
