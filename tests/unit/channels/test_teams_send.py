"""Where an answer goes, with which token, and what the connector's answer means."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from shared.activity import Activity, ConversationReference
from shared.errors import (
    PermanentError,
    ReferenceGone,
    TransientError,
    Unavailable,
)
from shared.identity.bot_token import BotTokens
from tests.contract.channels.connector import APP_ID, TENANT, TOKEN
from tests.contract.channels.stub import Answer, Call
from tests.contract.channels.teams import TeamsHarness, teams_bot

HI = Activity(type="message", text="hi", id="effect-1")


@pytest.fixture
async def teams() -> AsyncIterator[TeamsHarness]:
    async with TeamsHarness() as harness:
        yield harness


def place(teams: TeamsHarness) -> ConversationReference:
    return ConversationReference(
        bot="helpdesk",
        channel="teams",
        conversation="19:c@thread.tacv2;messageid=1",
        account=f"28:{APP_ID}",
        service_url=teams.here,
        reply_to="m/1 ?#%é",
    )


async def send(teams: TeamsHarness, activity: Activity = HI) -> str:
    return await teams.channel.send(teams.bot, place(teams), activity)


def sent(teams: TeamsHarness) -> list[Call]:
    return teams.service.heard("/teams/")


async def test_a_page_in_the_place_of_an_answer_is_a_doubt(teams: TeamsHarness) -> None:
    teams.service.answers.append(Answer(200, raw=b"<html>proxy</html>"))

    with pytest.raises(TransientError) as error:
        await send(teams)

    assert error.value.maybe_done


# --- where -------------------------------------------------------------------------------------


async def test_a_reply_names_conversation_and_message_percent_encoded(
    teams: TeamsHarness,
) -> None:
    assert await send(teams) == "1700000000001"

    [call] = sent(teams)
    assert (call.method, call.path) == (
        "POST",
        "/teams/v3/conversations/19%3Ac%40thread.tacv2%3Bmessageid%3D1/activities"
        "/m%2F1%20%3F%23%25%C3%A9",
    )
    assert call.headers["Authorization"] == "Bearer outbound-1"
    assert call.json()["text"] == "hi"
    assert "id" not in call.json()


@pytest.mark.parametrize("proactive", [True, False])
async def test_typing_and_proactive_messages_go_to_the_conversation(
    teams: TeamsHarness, proactive: bool
) -> None:
    reference = place(teams).proactive() if proactive else place(teams)
    activity = HI if proactive else Activity(type="typing")

    await teams.channel.send(teams.bot, reference, activity)

    assert sent(teams)[0].path.endswith("/activities")


async def test_an_update_replaces_a_message(teams: TeamsHarness) -> None:
    teams.service.answers.append(Answer(200))

    assert await send(teams, Activity(type="message", text="new", updateId="m:7")) == "m:7"

    [call] = sent(teams)
    assert (call.method, call.path.rsplit("/", 1)[-1]) == ("PUT", "m%3A7")
    assert "updateId" not in call.json()


async def test_listed_hosts_count_only_when_local(teams: TeamsHarness) -> None:
    teams.rebuild(teams.bot, local=False)

    with pytest.raises(PermanentError, match="service_url_not_allowed"):
        await send(teams)

    assert teams.service.calls == []


@pytest.mark.parametrize("id", [".", ".."])
async def test_an_id_cannot_climb(teams: TeamsHarness, id: str) -> None:
    with pytest.raises(PermanentError, match="bad_id"):
        await teams.channel.send(teams.bot, replace(place(teams), conversation=id), HI)

    assert teams.service.calls == []


async def test_a_foreign_address_gets_neither_message_nor_token(teams: TeamsHarness) -> None:
    elsewhere = replace(place(teams), service_url=teams.here.replace("127.0.0.1", "localhost"))

    with pytest.raises(PermanentError, match="service_url_not_allowed"):
        await teams.channel.send(teams.bot, elsewhere, HI)

    assert teams.service.calls == []


async def test_a_redirect_is_not_followed(teams: TeamsHarness) -> None:
    teams.service.answers.append(Answer(307, None, {"Location": "/elsewhere"}))

    with pytest.raises(PermanentError):
        await send(teams)

    assert teams.service.heard("/elsewhere") == []


async def test_an_answer_without_an_id_is_a_success(teams: TeamsHarness) -> None:
    teams.service.answers.append(Answer(202))

    assert await send(teams) == ""


# --- what the answer means ---------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 412, 429, 500, 502, 503, 504])
async def test_these_are_tried_again(teams: TeamsHarness, status: int) -> None:
    teams.service.answers.append(Answer(status, None, {"Retry-After": "12"}))

    with pytest.raises(TransientError) as error:
        await send(teams)

    assert error.value.after == 12


async def test_a_broken_connection_is_tried_again(teams: TeamsHarness) -> None:
    await send(teams)
    await teams.service.__aexit__()

    with pytest.raises(TransientError):
        await send(teams)

    await teams.service.__aenter__()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "MessageWritesBlocked"),
        (403, "BotNotInConversationRoster"),
        (403, "BotDisabledByAdmin"),
        (403, "ConversationBlockedByUser"),
        (404, "ConversationNotFound"),
        (404, ""),
    ],
)
async def test_these_mean_the_conversation_is_gone(
    teams: TeamsHarness, status: int, code: str
) -> None:
    teams.service.answers.append(Answer(status, {"error": {"code": code}} if code else None))

    with pytest.raises(ReferenceGone):
        await send(teams)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(400, {"error": {"code": "BadSyntax", "message": "Anna's secret"}}), "BadSyntax"),
        (Answer(403, {"error": {"code": "InvalidBotApiHost"}}), "InvalidBotApiHost"),
        (Answer(403, {"error": {"code": "Anna's secret"}}), "http_403"),
        (Answer(404, {"error": {"code": "ActivityNotFoundInConversation"}}), "ActivityNot"),
        (Answer(413, {"error": {"code": "MessageSizeTooBig"}}), "MessageSizeTooBig"),
        (Answer(400, {"error": "Anna's secret"}), "http_400"),
        (Answer(400, ["Anna's secret"]), "http_400"),
    ],
)
async def test_the_rest_is_final_and_tells_only_the_code(
    teams: TeamsHarness, answer: Answer, reason: str
) -> None:
    teams.service.answers.append(answer)

    with pytest.raises(PermanentError, match=reason) as error:
        await send(teams)

    assert not isinstance(error.value, ReferenceGone)
    assert "Anna" not in str(error.value)


# --- the token ---------------------------------------------------------------------------------


async def test_one_token_serves_many_sends(teams: TeamsHarness) -> None:
    await asyncio.gather(*(send(teams) for _ in range(20)))

    [call] = teams.service.heard(TOKEN)
    assert parse_qs(call.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": [APP_ID],
        "client_secret": ["s3cret"],
        "scope": ["https://api.botframework.com/.default"],
    }


async def test_a_token_is_renewed_at_80_percent_of_its_life(teams: TeamsHarness) -> None:
    now = 0.0
    tokens = BotTokens(teams.settings.teams_token_url, teams.http, clock=lambda: now)
    table = teams.bot.channels.teams
    assert table is not None
    await tokens.get(teams.bot, table)
    teams.service.routes[TOKEN] = Answer(200, {"access_token": "outbound-2", "expires_in": "3600"})

    now = 2879.0
    assert await tokens.get(teams.bot, table) == "outbound-1"
    now = 2881.0
    assert await tokens.get(teams.bot, table) == "outbound-2"
    now += 2879.0
    assert await tokens.get(teams.bot, table) == "outbound-2"


async def test_a_token_that_cannot_be_renewed_serves_to_its_end(teams: TeamsHarness) -> None:
    now = 0.0
    tokens = BotTokens(teams.settings.teams_token_url, teams.http, clock=lambda: now)
    table = teams.bot.channels.teams
    assert table is not None
    await tokens.get(teams.bot, table)
    teams.service.routes[TOKEN] = Answer(503)

    now = 3539.0
    assert await tokens.get(teams.bot, table) == "outbound-1"
    now = 3541.0
    with pytest.raises(Unavailable):
        await tokens.get(teams.bot, table)


async def test_a_refused_token_is_renewed_once(teams: TeamsHarness) -> None:
    await send(teams)
    teams.service.routes[TOKEN] = Answer(200, {"access_token": "outbound-2", "expires_in": 3600})
    teams.service.answers.append(Answer(401))

    assert await send(teams) == "1700000000001"
    assert sent(teams)[-1].headers["Authorization"] == "Bearer outbound-2"


async def test_a_good_token_refused_twice_says_what_to_compare(teams: TeamsHarness) -> None:
    teams.service.answers.extend([Answer(401), Answer(401)])

    with pytest.raises(Unavailable) as error:
        await send(teams)

    assert all(key in str(error.value) for key in ("401", "app_id", "app_type", "tenant_id"))
    assert "outbound-1" not in str(error.value)
    assert len(sent(teams)) == 2


async def test_a_bot_that_may_not_write_there_says_what_to_compare(teams: TeamsHarness) -> None:
    teams.service.answers.append(Answer(403, {"error": {"code": "Forbidden"}}))

    with pytest.raises(PermanentError, match="Azure Bot resource"):
        await send(teams)


@pytest.mark.parametrize(
    ("answer", "after"), [(Answer(500), None), (Answer(429, None, {"Retry-After": "9"}), 9)]
)
async def test_a_token_endpoint_that_is_down_is_tried_again(
    teams: TeamsHarness, answer: Answer, after: float | None
) -> None:
    teams.service.routes[TOKEN] = answer

    with pytest.raises(Unavailable) as error:
        await send(teams)

    assert error.value.after == after
    assert sent(teams) == []


@pytest.mark.parametrize("missing", ["tenant_id", "client_secret"])
async def test_a_missing_credential_is_named(teams: TeamsHarness, missing: str) -> None:
    table = {"app_id": APP_ID, "tenant_id": TENANT, "client_secret": "s3cret"}
    teams.rebuild(teams_bot(**{**table, missing: ""}))

    with pytest.raises(PermanentError, match=f"helpdesk.toml: set {missing}"):
        await send(teams)

    assert teams.service.calls == []


# --- health ------------------------------------------------------------------------------------


async def test_check_tells_when_keys_could_not_be_fetched(teams: TeamsHarness) -> None:
    assert await teams.channel.check() == ""
    teams.service.routes["/openid"] = Answer(503)

    with pytest.raises(Unavailable):
        await teams.channel.receive(teams.message("hello", "m-1"))

    assert "503" in await teams.channel.check()


async def test_the_bots_rate_is_kept_when_sending(teams: TeamsHarness) -> None:
    channels = teams.bot.channels
    assert channels.teams is not None
    slow = replace(channels, teams=replace(channels.teams, requests_per_second=0.1))
    teams.bot = replace(teams.bot, channels=slow)
    await send(teams)

    with pytest.raises(TransientError, match="too fast"):
        await send(teams)


async def test_what_is_for_one_person_of_a_group_is_sent_to_them_alone(
    teams: TeamsHarness,
) -> None:
    alone = replace(place(teams), is_group=True, alone="29:ann")

    await teams.channel.send(teams.bot, alone, HI)
    await teams.channel.send(teams.bot, alone, Activity(HI, updateId="m-1"))
    shown = await teams.channel.send(teams.bot, alone, Activity(type="typing"))

    said, changed = sent(teams)
    assert said.path.endswith("/activities?isTargetedActivity=true")
    assert changed.path.endswith("/activities/m-1?isTargetedActivity=true")
    assert said.json()["recipient"] == {"id": "29:ann", "isTargeted": True}
    assert shown == "", "the group would see it"
