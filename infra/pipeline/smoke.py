"""A conversation with a deployed app over the web channel: exit code 0 when the bot answers.

`python infra/pipeline/smoke.py URL [--bot helpdesk] [--origin ...] [--say ...] [--wants ...]`
"""

import argparse
import asyncio
import sys
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

LOOK_SECONDS = 0.5
REQUEST_SECONDS = 20


class Broken(Exception):
    """What the app did instead of answering."""


async def converse(url: str, bot: str, origin: str, text: str, wanted: str) -> str:
    """Say something as a page of `origin` would. Return the reply that has `wanted` in it."""
    async with ClientSession(timeout=ClientTimeout(REQUEST_SECONDS)) as session:
        await _healthy(session, url)
        base = f"{url}/api/v3/directline"
        token = await _call(
            session,
            "POST",
            f"{base}/tokens/generate",
            {"Origin": origin},
            {"bot": bot, "user": {"id": "dl_smoke", "name": "Smoke test"}},
        )
        headers = {"Authorization": f"Bearer {token['token']}", "Origin": origin}
        opened = await _call(session, "POST", f"{base}/conversations", headers, {})
        activities = f"{base}/conversations/{opened['conversationId']}/activities"
        said = {"type": "message", "text": text, "from": {"id": "dl_smoke"}}
        await _call(session, "POST", activities, headers, said)
        while True:
            seen = await _call(session, "GET", activities, headers)
            for one in seen["activities"]:
                if one.get("from", {}).get("id") != "dl_smoke" and wanted in one.get("text", ""):
                    return str(one["text"])
            await asyncio.sleep(LOOK_SECONDS)


async def _healthy(session: ClientSession, url: str) -> None:
    """Wait until the app answers at all; what it needs may be degraded, but not its store."""
    while True:
        try:
            async with session.get(f"{url}/api/health") as answer:
                report = await answer.json()
                break
        except (ClientError, TimeoutError, ValueError):
            await asyncio.sleep(LOOK_SECONDS)
    for name in ("store", "bus"):
        if report["dependencies"][name] != "ok":
            raise Broken(f"{name} is {report['dependencies'][name]}")


async def _call(
    session: ClientSession, method: str, url: str, headers: dict[str, str], body: Any = None
) -> Any:
    async with session.request(method, url, headers=headers, json=body) as answer:
        if not answer.ok:
            raise Broken(f"{method} {url} answers {answer.status}")
        return await answer.json()


async def _within(arguments: argparse.Namespace) -> str:
    async with asyncio.timeout(arguments.timeout):
        return await converse(
            arguments.url.rstrip("/"),
            arguments.bot,
            arguments.origin,
            arguments.say,
            arguments.wants,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Talk to a deployed app once.")
    parser.add_argument("url")
    parser.add_argument("--bot", default="helpdesk")
    parser.add_argument("--origin", default="http://localhost:7071", help="one of the bot's own")
    parser.add_argument("--say", default="how do I reset my password?")
    parser.add_argument("--wants", default="password", help="what the reply must contain")
    parser.add_argument("--timeout", type=float, default=120)
    try:
        print(f"smoke: {asyncio.run(_within(parser.parse_args()))[:100]}")
    except TimeoutError:
        print("smoke: no answer in time", file=sys.stderr)
        return 1
    except (Broken, ClientError) as error:
        print(f"smoke: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
