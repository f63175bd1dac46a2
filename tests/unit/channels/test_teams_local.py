"""A bot without an app id talks to this machine, in the local environment, and to nobody else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.activity import Activity
from shared.errors import PermanentError, Rejected
from shared.ports.channel import Inbound, Request
from tests.contract.channels.connector import APP_ID, TOKEN, token
from tests.contract.channels.teams import TeamsHarness, payload, post, teams_bot

MESSAGE = payload("playground-message")


@pytest.fixture
async def teams() -> AsyncIterator[TeamsHarness]:
    async with TeamsHarness() as harness:
        harness.rebuild(teams_bot(tenants=[]))
        yield harness


async def status_of(teams: TeamsHarness, request: Request) -> int:
    with pytest.raises(Rejected) as rejection:
        await teams.channel.receive(request)
    return rejection.value.status


async def accepted(teams: TeamsHarness, activity: dict[str, Any]) -> Inbound:
    [inbound] = (await teams.channel.receive(post(activity, host="localhost:7071"))).activities
    return inbound


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:7071", "LOCALHOST:3978", "[::1]:7071"])
async def test_a_loopback_caller_needs_no_token(teams: TeamsHarness, host: str) -> None:
    received = await teams.channel.receive(post(MESSAGE, host=host))

    assert len(received.activities) == 1


@pytest.mark.parametrize(
    "host",
    [
        "",
        "bots.contoso.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "evil@127.0.0.1",
        "127.0.0.1:x",
        "127.0.0.1,evil.example",
        "0.0.0.0:7071",
        "[::]:7071",
        "::1",
    ],
)
async def test_any_other_host_is_401(teams: TeamsHarness, host: str) -> None:
    assert await status_of(teams, post(MESSAGE, host=host)) == 401


@pytest.mark.parametrize("header", ["forwarded", "x_forwarded_for", "x_forwarded_host"])
async def test_a_tunnel_is_a_stranger(teams: TeamsHarness, header: str) -> None:
    request = post(MESSAGE, host="localhost:7071", **{header: "evil.example"})

    assert await status_of(teams, request) == 401


@pytest.mark.parametrize("authorization", ["", f"Bearer {token()}", f"Bearer {token(aud='')}"])
async def test_in_the_cloud_it_hears_nobody(teams: TeamsHarness, authorization: str) -> None:
    teams.rebuild(teams.bot, local=False)

    request = post(MESSAGE, host="localhost:7071", authorization=authorization)

    assert await status_of(teams, request) == 401


async def test_a_bot_with_app_id_demands_a_token_of_everybody(teams: TeamsHarness) -> None:
    teams.rebuild(teams_bot(app_id=APP_ID))

    assert await status_of(teams, post(MESSAGE, host="localhost:7071")) == 401


@pytest.mark.parametrize(
    "channel", ["msteams", "emulator", "webchat", "directline", "agents", "test"]
)
async def test_the_playground_may_play_these_channels(teams: TeamsHarness, channel: str) -> None:
    inbound = await accepted(teams, {**MESSAGE, "channelId": channel})

    assert inbound.reference.channel_id == channel
    assert inbound.reference.channel == "teams"


@pytest.mark.parametrize("channel", ["slack", None, ""])
async def test_and_no_others(teams: TeamsHarness, channel: str | None) -> None:
    activity = {**MESSAGE, "channelId": channel}

    assert await status_of(teams, post(activity, host="localhost:7071")) == 403


@pytest.mark.parametrize(
    "service_url",
    [
        None,
        "",
        "http://evil.example/",
        "https://evil.example/",
        "http://127.0.0.1:80@evil.example/",
        "http://localhost.evil.example:1/",
        "http://169.254.169.254/",
        "http://127.0.0.2:1/",
    ],
)
async def test_it_answers_to_this_machine_only(teams: TeamsHarness, service_url: Any) -> None:
    activity = {**MESSAGE, "serviceUrl": service_url}

    assert await status_of(teams, post(activity, host="localhost:7071")) == 403


async def test_it_answers_without_a_token(teams: TeamsHarness) -> None:
    reference = (await accepted(teams, {**MESSAGE, "serviceUrl": teams.here})).reference

    await teams.channel.send(teams.bot, reference, Activity(type="message", text="hi"))

    assert "Authorization" not in teams.service.calls[-1].headers
    assert teams.service.heard(TOKEN) == []


async def test_a_loopback_reference_is_no_longer_answered_in_the_cloud(
    teams: TeamsHarness,
) -> None:
    reference = (await accepted(teams, {**MESSAGE, "serviceUrl": teams.here})).reference
    teams.rebuild(teams.bot, local=False)

    with pytest.raises(PermanentError, match="service_url_not_allowed"):
        await teams.channel.send(teams.bot, reference, Activity(type="message", text="hi"))

    assert teams.service.calls == []
