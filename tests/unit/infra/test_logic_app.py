"""The sample workflow of Logic Apps, acted out: a fact goes there signed, its answer comes back.

What Logic Apps does with triggers, expressions, conditions and HTTP actions is played by a few
lines here. The script that checks the signature is C#, and its check is played in Python.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from shared.manifest.webhooks import load_webhooks
from shared.pipeline.door.events_in import take_events
from shared.ports.channel import Request
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

FOLDER = Path(__file__).parents[3] / "infra" / "logic-apps"
WORKFLOW = FOLDER / "ticket-acknowledged"
SECRET = "a secret of the workflow and long"
TOKEN = "a token of thirty characters.."
PARAMETERS = {"eventsIn": "https://app.example/api/events/in", "eventsToken": TOKEN}
KNOWN = {"CSharpScriptCode", "If", "Compose", "Http", "Response"}

Json = dict[str, Any]


def definition() -> Json:
    found: Json = json.loads((WORKFLOW / "workflow.json").read_bytes())["definition"]
    return found


class Run:
    """One run of the workflow: what came in, what its actions gave, what it answers."""

    def __init__(self, fabric: Lab, headers: dict[str, str], body: bytes) -> None:
        content = base64.b64encode(body).decode()
        self.trigger: Json = {"headers": headers, "body": {"$content": content}}
        self.body = body
        self.fabric = fabric
        self.outputs: Json = {}
        self.status = 0

    async def actions(self, found: Json) -> None:
        waiting = dict(found)
        while waiting:
            name = next(
                n for n, one in waiting.items() if one["runAfter"].keys() <= self.outputs.keys()
            )
            await self.act(name, waiting.pop(name))

    async def act(self, name: str, action: Json) -> None:
        inputs = self.value(action.get("inputs"))
        match action["type"]:
            case "CSharpScriptCode":
                assert (WORKFLOW / inputs["CodeFile"]).is_file()
                self.outputs[name] = {"body": self.genuine()}
            case "Compose":
                self.outputs[name] = inputs
            case "If":
                left, right = self.value(action["expression"]["equals"])
                await self.actions(
                    action["actions"] if left == right else action["else"]["actions"]
                )
                self.outputs[name] = {}
            case "Http":
                assert inputs["uri"] == PARAMETERS["eventsIn"]
                headers = {key.lower(): value for key, value in inputs["headers"].items()}
                sent = json.dumps(inputs["body"]).encode()
                await take_events(self.fabric, Request("POST", {}, {}, headers, sent))
                self.outputs[name] = {"statusCode": 202}
            case "Response":
                self.status = inputs["statusCode"]
                self.outputs[name] = {}

    def genuine(self) -> bool:
        """As `genuine.csx` does."""
        headers = self.trigger["headers"]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + self.body
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
        expected = f"v1,{base64.b64encode(digest).decode()}"
        fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
        return fresh and expected in headers["webhook-signature"].split()

    def value(self, given: Any) -> Any:
        match given:
            case dict():
                return {key: self.value(one) for key, one in given.items()}
            case list():
                return [self.value(one) for one in given]
            case str() if given.startswith("@"):
                return self.expression(given[1:])
        return given

    def expression(self, text: str) -> Any:
        """A literal, or a function of literals and functions, and members of what it gives."""
        if text.startswith("'"):
            return text[1:-1]
        call = re.fullmatch(r"(\w+)\((.*?)\)((?:\?\['[^']+'\])*)", text)
        assert call, text
        given = [self.expression(one.strip()) for one in call[2].split(", ") if one]
        found = self.function(call[1], given)
        for member in re.findall(r"\['([^']+)'\]", call[3]):
            found = (found or {}).get(member)
        return found

    def function(self, name: str, given: list[Any]) -> Any:
        match name:
            case "parameters":
                return PARAMETERS[given[0]]
            case "outputs":
                return self.outputs[given[0]]
            case "triggerOutputs":
                return self.trigger
            case "triggerBody":
                return self.trigger["body"]
            case "concat":
                return "".join(given)
            case "base64ToString":
                return base64.b64decode(given[0]).decode()
            case "json":
                return json.loads(given[0])
        raise AssertionError(f"{name}() is not known here")


class Site:
    """Where the workflow listens."""

    def __init__(self) -> None:
        self.fabric: Lab
        self.url = ""
        self.answers: list[int] = []

    async def receive(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        run = Run(self.fabric, headers, await request.read())
        await run.actions(definition()["actions"])
        self.answers.append(run.status)
        return web.Response(status=run.status)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made, app = Site(), web.Application()
    app.router.add_post("/workflow", made.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/workflow"
    yield made
    await runner.cleanup()


def connected(lab: Callable[..., Lab], site: Site, folder: Path, secret: str) -> Lab:
    skill = Skill("desk", "Opens tickets")

    @skill.on_message
    async def opened(turn: Turn) -> None:
        turn.emit("ticket.created", {"id": "T-7"}, subject="T-7")

    @skill.on_event("ticket.acknowledged")
    async def told(turn: Turn) -> None:
        assert turn.event
        turn.reply(f"{turn.event.data['id']} is being looked at")

    site.fabric = lab(skill)
    path = folder / "webhooks.toml"
    path.write_text(
        f'[[webhook]]\nname = "tickets"\nurl = "{site.url}"\nfacts = ["ticket.created"]\n'
        f'secret = "{secret}"\n'
        f'[[source]]\nname = "logic-apps"\ntoken = "{TOKEN}"\nsource = "/logic-apps/tickets"\n'
        'facts = ["ticket.acknowledged"]\n'
    )
    site.fabric.webhooks = load_webhooks(path, {}, local=True)
    return site.fabric


async def test_a_fact_goes_there_and_its_answer_reaches_the_person(
    lab: Callable[..., Lab], site: Site, tmp_path: Path
) -> None:
    fabric = connected(lab, site, tmp_path, SECRET)

    await fabric.say("my screen is dark")
    await fabric.drain()

    assert site.answers == [202]
    assert fabric.heard() == ["T-7 is being looked at"]


async def test_what_another_signed_is_refused(
    lab: Callable[..., Lab], site: Site, tmp_path: Path
) -> None:
    fabric = connected(lab, site, tmp_path, "a secret that the workflow has not")

    await fabric.say("my screen is dark")
    await fabric.drain(until=lambda: bool(site.answers))

    assert site.answers[0] == 401
    assert fabric.heard() == []


def test_every_action_runs_after_one_that_is_there_and_is_of_a_known_type() -> None:
    def check(actions: Json) -> None:
        for action in actions.values():
            assert action["type"] in KNOWN
            assert action["runAfter"].keys() <= actions.keys()
            check(action.get("actions", {}))
            check(action.get("else", {}).get("actions", {}))

    assert definition()["$schema"].endswith("/2016-06-01/workflowdefinition.json#")
    check(definition()["actions"])


def test_every_parameter_is_given_and_none_is_a_secret() -> None:
    given = json.loads((FOLDER / "parameters.json").read_bytes())
    used = set(re.findall(r"parameters\('(\w+)'\)", (WORKFLOW / "workflow.json").read_text()))

    assert given.keys() == used == PARAMETERS.keys()
    assert all(one["value"].startswith("@appsetting('") for one in given.values())
