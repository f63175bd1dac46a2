"""What a person reads, and an operator sees, when a bot's budget is used up."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from importlib import import_module

import pytest

from shared.ai.openai_models import OpenAIModels
from shared.ai.ranking import Choice
from shared.errors import ConfigurationError
from shared.event import Event
from shared.fabric import Fabric
from shared.governance.prices import Price, Prices
from shared.operations.reports.budgets import budgets
from shared.operations.reports.turns import Scope
from shared.settings import Settings
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.openai.server import KEY, OpenAIServer
from tests.lab import Lab

Make = Callable[..., Lab]
USED_UP = "I have used up what I may spend on answers for now. Please ask again later."


import_module("openai")  # now, else the first answer comes late and after a notice


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with OpenAIServer() as made:
        yield made


def poet() -> Skill:
    skill = Skill("poet", "Writes")

    @skill.on_message
    async def write(turn: Turn) -> None:
        if turn.text == "choose":
            ranked = await turn.ai.classify(
                "a hotel", [Choice("travel", "Books hotels", ("hotel",))]
            )
            turn.reply(f"{ranked[0].name} {ranked[0].degraded}")
        else:
            turn.reply((await turn.ai.complete([{"role": "user", "content": turn.text}])).text)

    return skill


def connected(lab: Make, server: OpenAIServer, manifest: str) -> Lab:
    fabric = lab(poet(), manifest=manifest)
    fabric.settings = replace(fabric.settings, ai_url=f"openai://{server.host}")
    fabric.ai.models = OpenAIModels(
        f"openai://{server.host}",
        "default=gpt,cheap=small",
        base_url=lambda host: f"http://{host}",
        key=KEY,
        credential=lambda: None,  # type: ignore[arg-type,return-value]
    )
    return fabric


async def said(fabric: Lab, *texts: str) -> list[str]:
    for text in texts:
        await fabric.say(text)
        await fabric.drain()
    return fabric.heard()


async def test_a_person_is_told_and_what_has_an_offline_way_takes_it(
    lab: Make, server: OpenAIServer
) -> None:
    fabric = connected(lab, server, "[quota]\ntokens_per_day = 10")
    server.says.append("Roses are red, violets are blue, sugar is sweet, and so are you")
    published: list[Event] = []
    publish = fabric.topic.publish

    async def watched(*events: Event) -> None:
        published.extend(events)
        await publish(*events)

    fabric.topic.publish = watched  # type: ignore[method-assign]
    assert (await said(fabric, "Write a poem", "Another", "choose"))[1:] == [USED_UP, "travel True"]
    assert len(server.asked) == 1
    [row] = await budgets(fabric, Scope())
    spent = sum(n for (_, kind), n in server.given.items() if kind in ("input", "output"))
    assert (row.limit, row.unit, row.most) == ("bot lab: tokens_per_day", "tokens", 10)
    assert (row.spent, row.held, row.told) == (spent, 0, [0.8, 1.0])
    [*facts] = [event for event in published if event.type == "alert.raised"]
    assert [(fact.data["share"], fact.data["owner"]) for fact in facts] == [
        (0.8, "lab@contoso.example"),
        (1.0, "lab@contoso.example"),
    ]
    await fabric.ai.models.close()


async def test_each_person_has_tokens_of_their_own(lab: Make, server: OpenAIServer) -> None:
    fabric = connected(lab, server, "[quota]\ntokens_per_user_per_day = 3")
    server.says += ["one two three", "four five six"]
    assert await said(fabric, "Write a poem", "Another") == ["one two three", USED_UP]
    assert await budgets(fabric, Scope()) == []
    await fabric.ai.models.close()


async def test_money_runs_out_over_bots_and_models_alike(lab: Make, server: OpenAIServer) -> None:
    manifest = '[quota]\nbudget_usd_per_month = 3\ncheaper_model = "cheap"'
    fabric = connected(lab, server, manifest)
    rows = [
        Price(f"tokens.{name}.{kind}", "1 token", usd, "2020-01-01", "a list")
        for name, usd in (("gpt", 0.3), ("small", 0.1))
        for kind in ("input", "output")
    ]
    fabric.__dict__["prices"] = Prices(rows)
    server.says += ["a b c", "d", "e", "f", "g"]
    heard = await said(fabric, "one two", "three", "four", "five", "six", "7")
    assert heard == ["a b c", "d", "e", "f", "g", USED_UP]
    assert [body["model"] for body in server.asked] == ["gpt", "gpt", "gpt", "small", "small"]
    [row] = await budgets(fabric, Scope())
    tokens = {
        name: server.given[name, "input"] + server.given[name, "output"]
        for name in ("gpt", "small")
    }
    assert row.spent == pytest.approx(tokens["gpt"] * 0.3 + tokens["small"] * 0.1)
    assert row.most <= row.spent < row.most + 0.3
    await fabric.ai.models.close()


def test_a_cheaper_model_that_is_not_there_is_named_at_the_start(tmp_path: object) -> None:
    Lab(tmp_path, poet(), manifest='[quota]\ncheaper_model = "tiny"')  # type: ignore[arg-type]
    environ = {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_BOTS_DIR": f"{tmp_path}/bots",
        "FABRIC_AI_URL": "azure-openai://contoso.openai.azure.com",
        "FABRIC_AI_MODELS": "default=gpt-5",
    }
    with pytest.raises(ConfigurationError, match=r"bot lab: quota\.cheaper_model: .*'tiny'"):
        Fabric(Settings.from_environ(environ), {"poet": poet()})
