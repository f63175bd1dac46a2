"""A platform of three apps, started from their packed folders alone."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from packing.folder import write
from packing.plan import declared_apps, plan
from tests import azure
from tests.e2e.processes import Connector, Folder
from tests.e2e.test_same_transcript import converse, host, transcript

APPS = """
[[app]]
name = "answers"
skills = ["knowledge"]

[[app]]
name = "desk"
skills = ["tickets", "notify"]

[[app]]
name = "parrot"
skills = ["echo"]
"""
CONVERSATIONS, MESSAGES = 12, 15


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    (folder / "apps.toml").write_text(APPS)
    for name, app in declared_apps(azure.ROOT, folder / "apps.toml").items():
        write(plan(azure.ROOT, app), folder / name)
    return folder


async def test_a_conversation_over_three_apps_is_the_one_over_one(
    packed: Path, tmp_path: Path
) -> None:
    one = await transcript(tmp_path / "one", {"PORT": "0"})
    async with AsyncExitStack() as stack:
        ground, environ = tmp_path / "three", {"PORT": "0"}
        url = await stack.enter_async_context(host(ground, environ, app=packed / "main"))
        for name in ("answers", "desk"):
            await stack.enter_async_context(host(ground, environ, "--no-http", app=packed / name))

        assert await converse(url) == one


async def test_without_its_app_a_skills_messages_wait(packed: Path, tmp_path: Path) -> None:
    async with Folder(tmp_path) as folder, Connector() as connector:
        _, url = await folder.start(app=packed / "main")
        await folder.say(url, connector.url, "hello", conversation="a", id="1")
        assert (await folder.books())["pending"] == 1

        await folder.start("--no-http", app=packed / "parrot")

        await connector.until(1)
        assert connector.sent["a"] == ["echo: hello"]


async def test_a_rolling_update_under_load_loses_doubles_and_disorders_nothing(
    packed: Path, tmp_path: Path
) -> None:
    """Old and new side by side in both apps, and then the old ones drained, one by one."""
    async with Folder(tmp_path) as folder, Connector() as connector:
        urls = [(await folder.start(app=packed / "main"))]
        old = [urls[0][0], (await folder.start("--no-http", app=packed / "parrot"))[0]]

        async def talk(conversation: str) -> None:
            for n in range(MESSAGES):
                id = f"{conversation}-{n}"
                _, url = urls[-1]
                said = await folder.say(
                    url, connector.url, str(n), conversation=conversation, id=id
                )
                assert said == 202

        load = asyncio.gather(*(talk(f"c{n}") for n in range(CONVERSATIONS)))
        await connector.until(CONVERSATIONS)
        urls.append(await folder.start(app=packed / "main"))
        await folder.start("--no-http", app=packed / "parrot")
        await connector.until(CONVERSATIONS * 3)
        old[1].terminate()
        await old[1].wait()
        await load
        old[0].terminate()
        await old[0].wait()

        await connector.until(CONVERSATIONS * MESSAGES)
        expected = [f"echo: {n}" for n in range(MESSAGES)]
        assert connector.sent == {f"c{n}": expected for n in range(CONVERSATIONS)}
        books = await folder.books()
        assert (books["accepted"], books["dead"], books["repeated"]) == (180, 0, 0)
