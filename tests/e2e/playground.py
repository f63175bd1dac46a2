"""Microsoft 365 Agents Playground as a process, and a person who sits at it."""

import asyncio
import os
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse

TEAMS = Path(__file__).with_name("teams")
START_SECONDS = 30
ANSWER_SECONDS = 15
BOT, CLIENT = "User Application", "Microsoft 365 Agents Playground"
"""The two ends, as the Playground's log calls them."""

Json = dict[str, Any]


@asynccontextmanager
async def playground(node: str, modules: Path, bot: str, folder: Path) -> AsyncIterator[str]:
    """One that talks to the messaging endpoint `bot` and writes in `folder`; yields its URL."""
    script = modules / "@microsoft" / "m365agentsplayground" / "cli.js"
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TEAMSAPPTESTER_BROWSER": "none",
        "APPLICATION_INSIGHTS_NO_STATSBEAT": "1",  # --disable-telemetry leaves that on
    }
    with (folder / "errors").open("w") as errors:
        process = await asyncio.create_subprocess_exec(
            *(node, "--require", str(TEAMS / "bind-local.js"), str(script), "start"),
            *("--app-endpoint", bot, "--channel-id", "msteams"),
            *("--port", "0", "--disable-telemetry"),
            cwd=folder,
            env=environ,
            stdout=PIPE,
            stderr=errors,
        )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            words = (await process.stdout.readline()).decode().split()
        assert words[:2] == ["Listening", "on"], (folder / "errors").read_text()[-2000:]
        yield f"http://127.0.0.1:{words[2]}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def person_at(url: str) -> AsyncIterator["Person"]:
    async with (
        ClientSession(url) as session,
        session.ws_connect("/_ws_conversation/v1/conversations/stream") as conversations,
        session.ws_connect("/_ws/log/stream") as log,
        session.get("/_internal/v1/config") as response,
    ):
        yield Person(session, conversations, log, (await response.json())["config"])


class Person:
    """Somebody at the Playground: what they do and see, and what passed between it and the bot."""

    def __init__(
        self,
        session: ClientSession,
        conversations: ClientWebSocketResponse,
        log: ClientWebSocketResponse,
        config: Json,
    ) -> None:
        self._session = session
        self._conversations = conversations
        self._log = log
        self._logged: list[Json] = []
        self.id: str = config["currentUser"]["id"]
        self.bot: str = config["bot"]["id"]
        self.mention = f"<at>{config['bot']['name']}</at>"
        self.personal: str = config["personalChat"]["id"]
        self.group: str = config["groupChats"][0]["id"]
        self.channel: str = config["teams"][0]["channels"][0]["id"]

    async def say(self, text: str, conversation: str) -> Json:
        """Send a message; `mention` in it is one of the bot."""
        mention = {"mentioned": {"id": self.bot}, "text": self.mention}
        return await self.post(
            f"/_conversation/v1/conversations/{conversation}/messages",
            type="text",
            text=text,
            textFormat="plain",
            mentions=[mention] if self.mention in text else [],
            **{"from": {"id": self.id}},
        )

    async def submit(self, message: str, value: Json) -> None:
        """Click an Action.Submit on a card of `message`."""
        await self.post("/_conversation/v1/submit", replyToId=message, **self._action(value))

    async def invoke(self, name: str, value: Json, **fields: Any) -> tuple[int, Json]:
        """What a card or a search does; the status and body that the Playground makes of it."""
        body = {"name": name, **fields, **self._action(value)}
        async with self._session.post("/_conversation/v1/invoke", json=body) as response:
            return response.status, await response.json()

    async def happens(self, event: str, conversation: str) -> Json:
        """Send the event of that name from the Playground's menu "Mock an Activity"."""
        path, query = "/_internal/v1/customActivities", {"conversationId": conversation}
        async with self._session.get(f"{path}/template", params=query | {"type": event}) as answer:
            activity: Json = await answer.json()
        await self.post(path, **activity)
        return activity

    async def post(self, path: str, **body: Any) -> Json:
        """Call the Playground; {} when it answers with nothing."""
        async with self._session.post(path, json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json(content_type=None) or {}

    async def sees(self) -> Json:
        """The next message of the bot, with the conversation that it is shown in."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while (shown := await self._conversations.receive_json())["action"] != "createMessage":
                pass
        return {**shown["message"], "conversation": shown["actionConversationId"]}

    async def passed(self, to: str, **fields: Any) -> tuple[Json, int]:
        """The first activity with these fields that went to `to`, and how it was answered."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while True:
                    for entry in self._logged:
                        activity = entry["request"]["body"] if entry.get("to") == to else {}
                        if activity and activity | fields == activity:
                            return activity, entry["response"]["statusCode"]
                    self._logged.append((await self._log.receive_json())["log"])
        except TimeoutError:
            pytest.fail(f"{fields} did not go to {to}, but: {self._logged}")

    def _action(self, value: Json) -> Json:
        return {"from": {"id": self.id}, "conversation": {"id": self.personal}, "value": value}
