"""The real client of bots on Teams, Microsoft 365 Agents Playground, against the local host."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.playground import BOT, CLIENT, TEAMS, Person, person_at, playground
from tests.e2e.processes import Folder

pytestmark = pytest.mark.asyncio(loop_scope="module")
module_fixture = pytest_asyncio.fixture(scope="module", loop_scope="module")

Start = Callable[[str], AbstractAsyncContextManager[str]]


@pytest.fixture(scope="module")
def start(
    needs: Callable[[str], str],
    node_modules: Callable[[Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Start:
    """`async with start(endpoint) as url`: a Playground that talks to that bot."""
    node, modules = needs("node"), node_modules(TEAMS)
    return lambda bot: playground(node, modules, bot, tmp_path_factory.mktemp("playground"))


# --- a bot on the echo skill -------------------------------------------------------------------


@module_fixture
async def echo(start: Start, host: str) -> AsyncIterator[str]:
    async with start(f"{host}/api/teams/echo") as url:
        yield url


@pytest_asyncio.fixture(loop_scope="module")
async def person(echo: str) -> AsyncIterator[Person]:
    async with person_at(echo) as somebody:
        yield somebody


async def test_a_personal_message_is_answered(person: Person) -> None:
    await person.say("hello", person.personal)

    reply = await person.sees()
    assert (reply["text"], reply["conversation"]) == ("echo: hello", person.personal)
    assert reply["from"] == {"id": person.bot}
    asked, acknowledged = await person.passed(BOT, type="message")
    answer, accepted = await person.passed(CLIENT, type="message")
    assert (acknowledged, accepted) == (202, 201)
    assert answer["replyToId"] == asked["id"]


async def test_a_mention_in_a_group_is_stripped(person: Person) -> None:
    await person.say(f"{person.mention} hello all", person.group)

    reply = await person.sees()
    assert (reply["text"], reply["conversation"]) == ("echo: hello all", person.group)


async def test_a_post_in_a_channel_is_answered_in_its_thread(person: Person) -> None:
    post = await person.say(f"{person.mention} hello team", person.channel)

    reply = await person.sees()
    assert (reply["text"], reply["conversation"]) == (
        "echo: hello team",
        post["postConversationId"],
    )


async def test_a_card_submit_is_a_message_with_a_value_and_no_text(person: Person) -> None:
    await person.say("a card, please", person.personal)
    card = (await person.sees())["messageId"]

    await person.submit(card, {"rating": 5})

    click, acknowledged = await person.passed(BOT, value={"rating": 5})
    assert (click["type"], "text" in click, acknowledged) == ("message", False, 202)
    assert (await person.sees())["text"] == "echo: "
    await person.say("still here", person.personal)
    assert (await person.sees())["text"] == "echo: still here"


async def test_an_installation_is_accepted_in_silence(person: Person) -> None:
    await person.post(f"/_debug/conversation/{person.personal}/installation")

    _, installed = await person.passed(BOT, type="installationUpdate", action="add")
    _, updated = await person.passed(BOT, type="conversationUpdate")
    assert (installed, updated) == (202, 202)
    await person.say("hello again", person.personal)
    assert (await person.sees())["text"] == "echo: hello again"


@pytest.mark.parametrize(
    "event",
    [
        *("install", "uninstall", "botAdded", "botRemoved", "userAdded", "userRemoved"),
        *("channelCreated", "channelRenamed", "channelDeleted", "teamRenamed", "teamDeleted"),
    ],
)
async def test_what_happens_in_a_team_is_accepted(person: Person, event: str) -> None:
    activity = await person.happens(event, person.channel)

    _, status = await person.passed(BOT, id=activity["id"])
    assert activity["type"] in ("conversationUpdate", "installationUpdate")
    assert status == 202


async def test_a_reaction_is_accepted(person: Person) -> None:
    await person.say("like it?", person.personal)
    asked, _ = await person.passed(BOT, text="like it?")
    liked = (await person.sees())["messageId"]
    reaction = {"reactionsAdded": [{"type": "like"}], "replyToId": liked, "id": "reaction-1"}
    addressed = {key: asked[key] for key in ("from", "recipient", "conversation", "serviceUrl")}

    await person.post(
        "/_internal/v1/customActivities",
        type="messageReaction",
        channelId="msteams",
        **reaction,
        **addressed,
    )

    assert (await person.passed(BOT, type="messageReaction"))[1] == 202


async def test_an_invoke_that_nobody_handles_is_not_implemented(person: Person) -> None:
    status, error = await person.invoke("composeExtension/query", {"commandId": "search"})

    assert (status, error["innerHttpError"]["statusCode"]) == (502, 501)
    assert (await person.passed(BOT, type="invoke"))[1] == 501


# --- a bot on the tickets skill ----------------------------------------------------------------


@module_fixture
async def tickets(start: Start, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with Folder(tmp_path_factory.mktemp("tickets"), skill="tickets") as folder:
        _, host = await folder.start("--no-reload")
        async with start(f"{host}/api/teams/lab") as url:
            yield url


async def form(person: Person) -> str:
    """Fill a ticket's form up to its last question; returns the id of that message."""
    await person.say("my headset is broken", person.personal)
    while not (asked := await person.sees())["text"].startswith("How urgent"):
        pass
    choices = [action["title"] for action in asked["suggestedActions"]["actions"]]
    await person.say(choices[-1], person.personal)
    asked = await person.sees()
    assert asked["text"].startswith("Shall I file this?")
    message: str = asked["messageId"]
    return message


async def test_a_submit_on_a_card_confirms_a_form(tickets: str) -> None:
    async with person_at(tickets) as person:
        await person.submit(await form(person), {"action": "confirm"})

        assert (await person.sees())["text"].startswith("Filed as **T-")


async def test_an_execute_on_a_card_is_answered_in_place(tickets: str) -> None:
    async with person_at(tickets) as person:
        action = {"type": "Action.Execute", "verb": "confirm"}
        message = await form(person)

        status, answer = await person.invoke(
            "adaptiveCard/action", {"action": action}, replyToId=message
        )

        assert (status, answer["type"]) == (200, "application/vnd.microsoft.activity.message")
        assert answer["value"].startswith("Filed as **T-")
