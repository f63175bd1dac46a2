"""A person signs in on WhatsApp, in by Meta's webhook and out by its API: proof from both sides."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from time import time
from typing import Any

import azure.functions as func
import pytest

from functions import triggers
from functions.channels import sign_in
from functions.channels import whatsapp as webhook
from shared.dialogue.phrases import phrase
from shared.operations.reports.person import records
from shared.settings import Settings
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.entra.server import EntraServer
from tests import canary
from tests.browser import Browser, link_in
from tests.contract.channels.stub import Answer, StubService
from tests.contract.channels.whatsapp import APP_SECRET, NUMBER, payload, post, value_of
from tests.lab import Lab

ANNA, BEN = "31655501001", "31655501002"
DONE = phrase("en", "signin.done", name="Henry Human")


class Chats:
    """What people say to the number, and hear from it."""

    def __init__(self, fabric: Lab, meta: StubService) -> None:
        self.fabric, self.meta = fabric, meta
        self._count = 0

    async def say(self, phone: str, text: str) -> str:
        """Somebody says something; return what they hear last."""
        canary.said(text)
        self._count += 1
        body, user = payload("text"), f"NL.9032{phone}"
        value = value_of(body)
        value["contacts"] = [{"profile": {"name": "X"}, "wa_id": phone, "user_id": user}]
        [message] = value["messages"]
        message |= {"from": phone, "from_user_id": user, "text": {"body": text}}
        message |= {"id": f"wamid.{self._count}", "timestamp": str(int(time()))}
        request = post(body)
        webhook_function: Any = webhook.whatsapp
        answer = await webhook_function._function.get_user_function()(
            func.HttpRequest(
                method="POST",
                url="https://bots.contoso.example/api/whatsapp",
                headers=request.headers,
                body=request.body,
            )
        )
        assert answer.status_code == 200
        await self.fabric.drain()
        return self.heard(phone)[-1]

    def heard(self, phone: str) -> list[str]:
        bodies = [json.loads(call.body) for call in self.meta.calls]
        return [b["text"]["body"] for b in bodies if b.get("to") == phone and b["type"] == "text"]


@pytest.fixture
async def entra() -> AsyncIterator[EntraServer]:
    async with EntraServer() as server:
        yield server


@pytest.fixture
async def chats(
    tmp_path: Path, entra: EntraServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Chats]:
    skill = Skill("greeter", "Greets whom it knows")

    @skill.on_message
    async def greet(turn: Turn) -> None:
        person = await turn.sign_in()
        turn.reply(f"hello {person.name}: {turn.text}")

    sent = Answer(200, {"messaging_product": "whatsapp", "messages": [{"id": "wamid.sent"}]})
    async with StubService(sent) as meta:
        table = f'[channels.whatsapp]\nphone_number_id = "{NUMBER}"'
        fabric = WhatsAppLab(tmp_path, skill, manifest=table)
        fabric.settings = Settings.from_environ(
            {
                **fabric.settings.environ,
                **entra.settings,
                "FABRIC_WHATSAPP_APP_SECRET": APP_SECRET,
                "FABRIC_WHATSAPP_ACCESS_TOKEN": "access-token-1",
                "FABRIC_WHATSAPP_GRAPH_URL": f"{meta.url}/v24.0",
            }
        )
        for module in (webhook, triggers, sign_in):
            monkeypatch.setattr(module, "fabric", lambda: fabric)
        yield Chats(fabric, meta)
        await fabric.close()


class WhatsAppLab(Lab):
    """A lab whose messages on WhatsApp go to Meta's API."""

    def channel(self, name: str) -> Any:
        return self.whatsapp if name == "whatsapp" else self.memory


async def test_the_question_is_answered_once_the_code_is_typed(chats: Chats) -> None:
    link = link_in(await chats.say(ANNA, "who am I"))
    code = await Browser().sign_in(link, "henry")

    assert await chats.say(ANNA, code) == "hello Henry Human: who am I"
    assert DONE in chats.heard(ANNA)
    assert await chats.say(ANNA, "and now") == "hello Henry Human: and now"


async def test_another_phone_has_nothing_of_it(chats: Chats) -> None:
    link = link_in(await chats.say(ANNA, "who am I"))
    await chats.say(BEN, "who am I")
    code = await Browser().sign_in(link, "henry")

    assert await chats.say(BEN, code) == phrase("en", "signin.miss")
    assert await chats.say(ANNA, code) == "hello Henry Human: who am I"
    assert link_in(await chats.say(BEN, "who am I"))


async def test_signing_out_erases_the_link_between_the_phone_and_the_person(
    chats: Chats, entra: EntraServer
) -> None:
    link = link_in(await chats.say(ANNA, "who am I"))
    await chats.say(ANNA, await Browser().sign_in(link, "henry"))
    henry = entra.named("henry")
    assert henry
    assert await named(chats, henry.subject.oid)

    assert await chats.say(ANNA, "/sign-out") == phrase("en", "signin.out")

    assert not await named(chats, henry.subject.oid)
    assert link_in(await chats.say(ANNA, "who am I"))


async def named(chats: Chats, oid: str) -> list[str]:
    """The records that name the person, but for the spent code, which ends by itself."""
    found = await records(chats.fabric, oid)
    return [item.id for item in found if item.id != "code"]
