"""A thumb under an answer on the web counts once, and comes back with the conversation."""

import json
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

from functions import triggers
from functions.channels import directline
from shared.activity import Activity, ConversationReference
from shared.operations.reports.period import Period
from shared.operations.reports.turns import Scope
from shared.operations.reports.usage import BotUsage, usage
from shared.skill import Skill
from tests.lab import Lab

ORIGIN = "http://localhost:7071"
SOURCED = [{"type": "https://schema.org/Message", "citation": [{"position": 1}]}]


class Page:
    """A page that talks to the bot; `answer` is the id of what the bot said to it."""

    def __init__(self, fabric: Lab) -> None:
        self.fabric = fabric
        self.token = self.conversation = self.answer = ""

    async def open(self) -> None:
        grant = (await self.post("generate", {"bot": "lab", "user": {"id": "ann"}}))[1]
        self.token, self.conversation = grant["token"], grant["conversationId"]
        await self.post("conversations", {})
        reference = ConversationReference("lab", "web", self.conversation, user="ann")
        said = Activity(type="message", id="answer-1", text="Here.", entities=SOURCED)
        await self.fabric.web.send(self.fabric.bots["lab"], reference, said)
        self.answer = "answer-1"

    async def post(self, name: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        request = func.HttpRequest(
            method="POST",
            url="http://localhost/",
            route_params={"conversation": self.conversation},
            headers={
                "origin": ORIGIN,
                "content-type": "application/json",
                **({"authorization": f"Bearer {self.token}"} if self.token else {}),
            },
            body=json.dumps(body).encode(),
        )
        answer = await getattr(directline, name).build().get_user_function()(request)
        return answer.status_code, json.loads(answer.get_body())

    async def vote(self, reaction: Any, about: str, id: str = "v1") -> int:
        invoke = {
            "type": "invoke",
            "name": "message/submitAction",
            "replyToId": about,
            "value": {"actionName": "feedback", "actionValue": {"reaction": reaction}},
            "channelData": {"clientActivityID": id},
        }
        return (await self.post("activities", invoke))[0]

    async def stream(self) -> list[Activity]:
        return (await self.fabric.web.after(self.conversation, 0))[0]

    async def usage(self) -> BotUsage:
        [row] = (await usage(self.fabric, Scope(), Period())).bots
        return row


@pytest.fixture
async def page(lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch) -> Page:
    fabric = lab(Skill("echo", "Echoes"))
    for module in (directline, triggers):
        monkeypatch.setattr(module, "fabric", lambda: fabric)
    page = Page(fabric)
    await page.open()
    return page


async def test_the_page_is_asked_for_thumbs_under_what_has_sources(page: Page) -> None:
    [answer] = await page.stream()

    assert answer.channel_data == {"feedbackLoop": {"type": "default"}}


async def test_a_vote_that_is_posted_again_counts_and_shows_once(page: Page) -> None:
    assert [await page.vote("dislike", page.answer) for _ in range(3)] == [200, 200, 200]

    row = await page.usage()
    assert (row.liked, row.disliked, row.turns) == (0, 1, 0)
    _, vote = await page.stream()
    assert (vote.type, vote.reply_to_id) == ("invoke", page.answer)


async def test_a_second_opinion_on_the_same_answer_does_not_count(page: Page) -> None:
    await page.vote("like", page.answer)
    await page.vote("dislike", page.answer, id="v2")

    row = await page.usage()
    assert (row.liked, row.disliked) == (1, 0)


async def test_a_vote_is_about_what_the_bot_said_here(page: Page) -> None:
    own = {"type": "event", "name": "x", "channelData": {"clientActivityID": "mine"}}
    mine = (await page.post("activities", own))[1]["id"]

    assert [await page.vote("like", about) for about in ("", "other", mine)] == [400, 400, 400]
    assert (await page.usage()).liked == 0


@pytest.mark.parametrize("reaction", ["love", None, ["like"]])
async def test_what_is_no_vote_is_refused(page: Page, reaction: Any) -> None:
    assert await page.vote(reaction, page.answer) == 400
    assert len(await page.stream()) == 1


async def test_other_invokes_are_refused(page: Page) -> None:
    body = {"type": "invoke", "name": "adaptiveCard/action", "value": {}}
    assert (await page.post("activities", body))[0] == 400
