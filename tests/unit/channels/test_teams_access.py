"""What a valid token does not excuse, and what an accepted activity becomes."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shared.errors import Rejected
from shared.observability.log import JsonFormatter
from shared.ports.channel import Inbound, Request
from tests.contract.channels.connector import APP_ID, SERVICE_URL, TENANT, jwk, publish, token
from tests.contract.channels.teams import TeamsHarness, payload, post, signed, teams_bot

MESSAGE = payload("personal-message")
OTHER = "99999999-9999-4999-8999-999999999999"
REGISTRATION = {"app_id": APP_ID, "tenant_id": TENANT, "client_secret": "s3cret"}


@pytest.fixture
async def teams() -> AsyncIterator[TeamsHarness]:
    async with TeamsHarness() as harness:
        yield harness


async def accepted(teams: TeamsHarness, request: Request) -> Inbound:
    [inbound] = (await teams.channel.receive(request)).activities
    return inbound


async def rejection(teams: TeamsHarness, request: Request) -> Rejected:
    with pytest.raises(Rejected) as error:
        await teams.channel.receive(request)
    return error.value


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in MESSAGE.items() if key not in keys}


# --- the request -------------------------------------------------------------------------------


async def test_an_unknown_bot_is_404(teams: TeamsHarness) -> None:
    request = Request("POST", {"bot": "nobody"}, {}, {"content-type": "application/json"}, b"{}")

    assert (await rejection(teams, request)).status == 404


async def test_a_bot_that_is_not_on_teams_is_404(teams: TeamsHarness) -> None:
    bot = replace(teams.bot, channels=replace(teams.bot.channels, teams=None))
    teams.rebuild(bot)

    assert (await rejection(teams, signed(MESSAGE))).status == 404


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/jsonp", "multipart/json"])
async def test_another_content_type_is_415(teams: TeamsHarness, media_type: str) -> None:
    request = post(MESSAGE, authorization=f"Bearer {token()}", content_type=media_type)

    assert (await rejection(teams, request)).status == 415


async def test_json_may_name_its_charset(teams: TeamsHarness) -> None:
    media_type = "Application/JSON; charset=utf-8"

    await accepted(teams, post(MESSAGE, authorization=f"Bearer {token()}", content_type=media_type))


async def test_a_body_over_256_kb_is_413_whoever_sends_it(teams: TeamsHarness) -> None:
    assert (await rejection(teams, post(b" " * (256 * 1024 + 1)))).status == 413


@pytest.mark.parametrize(
    "change",
    [
        {"type": ""},
        {"type": None},
        {"type": 7},
        {"conversation": None},
        {"conversation": "a:1"},
        {"conversation": []},
        {"conversation": {}},
        {"conversation": {"id": ""}},
        {"conversation": {"id": 5}},
    ],
    ids=str,
)
async def test_an_incomplete_activity_is_400(teams: TeamsHarness, change: dict[str, Any]) -> None:
    assert (await rejection(teams, signed({**MESSAGE, **change}))).status == 400


# --- what the token binds ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "sent"),
    [
        (SERVICE_URL, "https://evil.example/"),
        (SERVICE_URL, "https://smba.trafficmanager.net/amer/"),
        (SERVICE_URL, SERVICE_URL.upper()),
        (SERVICE_URL, SERVICE_URL + "/"),
        (SERVICE_URL, None),
        (SERVICE_URL, ["x"]),
        (None, SERVICE_URL),
        ("", ""),
        ([SERVICE_URL], SERVICE_URL),
        ("https://evil.example/", "https://evil.example/"),
        ("http://127.0.0.1:1/", "http://127.0.0.1:1/"),
    ],
)
async def test_another_service_url_is_403(teams: TeamsHarness, claimed: Any, sent: Any) -> None:
    request = signed({**MESSAGE, "serviceUrl": sent}, serviceurl=claimed)

    assert (await rejection(teams, request)).status == 403


async def test_one_trailing_slash_makes_no_other_service(teams: TeamsHarness) -> None:
    await accepted(teams, signed(MESSAGE, serviceurl=SERVICE_URL.removesuffix("/")))


@pytest.mark.parametrize(
    "written",
    [
        SERVICE_URL.replace("smba.trafficmanager.net", "SMBA.TrafficManager.NET"),
        SERVICE_URL.replace("https:", "HTTPS:"),
        SERVICE_URL.replace(".net/", ".net:443/"),
    ],
)
async def test_a_service_is_the_same_however_its_host_is_written(
    teams: TeamsHarness, written: str
) -> None:
    await accepted(teams, signed(MESSAGE, serviceurl=written))
    await accepted(teams, signed({**MESSAGE, "serviceUrl": written}))


async def test_a_bot_is_the_same_however_its_id_is_written(teams: TeamsHarness) -> None:
    await accepted(teams, signed({**MESSAGE, "recipient": {"id": f"28:{APP_ID.upper()}"}}))


async def test_a_tenant_however_it_is_written_is_one_conversation(teams: TeamsHarness) -> None:
    conversation = {"id": "a:1", "tenantId": TENANT}
    spelled = {**conversation, "tenantId": TENANT.upper()}
    untold = {**MESSAGE, "channelData": {}}

    one = await accepted(teams, signed({**untold, "conversation": conversation}))
    other = await accepted(teams, signed({**untold, "conversation": spelled}))

    assert one.reference.key == other.reference.key


def to_the_bot_alone(kind: str, sender: Any) -> dict[str, Any]:
    return {
        **MESSAGE,
        "from": {"id": sender, "aadObjectId": "0a0a0a0a-bbbb-4ccc-8ddd-eeeeffff0001"},
        "recipient": {"id": f"28:{APP_ID}", "isTargeted": True},
        "conversation": {"id": "19:g@thread.v2", "conversationType": kind, "tenantId": TENANT},
    }


@pytest.mark.parametrize("kind", ["groupChat", "channel"])
async def test_who_writes_to_the_bot_alone_is_answered_alone(
    teams: TeamsHarness, kind: str
) -> None:
    inbound = await accepted(teams, signed(to_the_bot_alone(kind, "29:ann")))

    assert inbound.reference.alone == "29:ann", "the connector's id, not the directory's"


async def test_a_personal_chat_has_nobody_to_hide_from(teams: TeamsHarness) -> None:
    inbound = await accepted(teams, signed(to_the_bot_alone("personal", "29:ann")))

    assert inbound.reference.alone == ""


@pytest.mark.parametrize("sender", [None, "", 7])
async def test_who_cannot_be_answered_alone_is_not_answered(
    teams: TeamsHarness, sender: Any
) -> None:
    received = await teams.channel.receive(signed(to_the_bot_alone("groupChat", sender)))

    assert not received.activities
    assert received.ignored == ["targeted_by_nobody"]


@pytest.mark.parametrize("channel", ["slack", "MSTeams", "emulator", "", None, ["msteams"]])
async def test_another_channel_is_403(teams: TeamsHarness, channel: Any) -> None:
    assert (await rejection(teams, signed({**MESSAGE, "channelId": channel}))).status == 403


@pytest.mark.parametrize("endorsements", [(), ("slack",), ("msteamsx",)])
async def test_a_key_speaks_only_for_its_channels(
    teams: TeamsHarness, endorsements: tuple[str, ...]
) -> None:
    publish(teams.service, jwk("key-1", endorsements=endorsements))

    assert (await rejection(teams, signed(MESSAGE))).status == 403


async def test_a_channel_is_not_teams_because_a_key_endorses_it(teams: TeamsHarness) -> None:
    publish(teams.service, jwk("key-1", endorsements=("msteams", "slack")))

    assert (await rejection(teams, signed({**MESSAGE, "channelId": "slack"}))).status == 403


@pytest.mark.parametrize(
    "recipient", [None, {}, "28:" + APP_ID, {"id": f"28:{OTHER}"}, {"id": OTHER}, {"id": [APP_ID]}]
)
async def test_another_recipient_is_403(teams: TeamsHarness, recipient: Any) -> None:
    assert (await rejection(teams, signed({**MESSAGE, "recipient": recipient}))).status == 403


@pytest.mark.parametrize(
    ("table", "conversation_tenant", "channel_tenant", "welcome"),
    [
        ({}, TENANT, TENANT, True),
        ({}, TENANT, None, True),
        ({}, None, TENANT, True),
        ({}, TENANT.upper(), None, True),
        ({}, None, None, False),
        ({}, OTHER, OTHER, False),
        ({}, TENANT, OTHER, False),
        ({}, TENANT, 5, False),
        ({}, TENANT, "", False),
        ({"tenants": [OTHER]}, OTHER, OTHER, True),
        ({"tenants": [OTHER]}, TENANT, TENANT, False),
        ({"tenant_id": ""}, OTHER, OTHER, True),
        ({"tenant_id": ""}, None, None, True),
        ({"tenant_id": ""}, TENANT, OTHER, False),
        ({}, TENANT.upper(), TENANT, True),
        ({"tenants": [OTHER.upper()]}, OTHER, OTHER.title(), True),
    ],
)
async def test_only_the_bots_tenants_are_welcome(
    teams: TeamsHarness,
    table: dict[str, Any],
    conversation_tenant: Any,
    channel_tenant: Any,
    welcome: bool,
) -> None:
    teams.rebuild(teams_bot(**{**REGISTRATION, **table}))
    activity = {
        **MESSAGE,
        "conversation": {"id": "a:1", "tenantId": conversation_tenant},
        "channelData": {"tenant": {"id": channel_tenant}},
    }

    if welcome:
        await accepted(teams, signed(activity))
    else:
        assert (await rejection(teams, signed(activity))).status == 403


# --- what becomes of an accepted one -----------------------------------------------------------


async def test_the_reference_says_where_to_answer(teams: TeamsHarness) -> None:
    reference = (await accepted(teams, signed(payload("channel-mention")))).reference

    assert reference.to_dict() == {
        "bot": "helpdesk",
        "channel": "teams",
        "conversation": "19:fictionalchannel@thread.tacv2;messageid=1712000000040",
        "user": "0a0a0a0a-bbbb-4ccc-8ddd-eeeeffff0001",
        "user_name": "Anna Example",
        "account": f"28:{APP_ID}",
        "tenant": TENANT,
        "service_url": SERVICE_URL,
        "channel_id": "msteams",
        "is_group": True,
        "reply_to": "1712000000042",
    }


async def test_mentions_leave_the_text_and_all_else_stays(teams: TeamsHarness) -> None:
    body = payload("channel-mention")

    activity = (await accepted(teams, signed(body))).activity

    assert activity.text == "please help Ben"
    assert {**activity, "text": body["text"]} == body


@pytest.mark.parametrize("name", ["card-submit", "installed"])
async def test_an_activity_without_text_is_passed_on_whole(teams: TeamsHarness, name: str) -> None:
    body = payload(name)

    assert (await accepted(teams, signed(body))).activity == body


async def test_a_user_without_directory_id_is_known_by_the_channel_id(
    teams: TeamsHarness,
) -> None:
    reference = (await accepted(teams, signed(payload("card-submit")))).reference

    assert reference.user == "29:1fictional-user-anna"


@pytest.mark.parametrize("id", [None, "", 7, ["x"]])
async def test_an_activity_without_id_gets_a_stable_one_and_is_not_replied_to(
    teams: TeamsHarness, id: Any
) -> None:
    request = signed({**MESSAGE, "id": id})

    first, again = await accepted(teams, request), await accepted(teams, request)
    other = await accepted(teams, signed({**MESSAGE, "id": id, "text": "another"}))

    assert first.activity.id == again.activity.id != ""
    assert first.activity.id != other.activity.id
    assert first.reference.reply_to == ""


@pytest.mark.parametrize(
    "sender", [MESSAGE["recipient"], {"id": "28:another-bot", "role": "bot"}], ids=["self", "bot"]
)
async def test_what_a_bot_says_is_set_aside(teams: TeamsHarness, sender: dict[str, Any]) -> None:
    received = await teams.channel.receive(signed({**MESSAGE, "from": sender}))

    assert (list(received.activities), list(received.ignored)) == ([], ["from_bot"])


@pytest.mark.parametrize("junk", [None, 1, True, "x", [], {}, [1], {"id": 1}, [[]]], ids=repr)
async def test_fields_of_a_wrong_type_are_never_more_than_a_rejection(
    teams: TeamsHarness, junk: Any
) -> None:
    statuses = set()
    body = payload("channel-mention")
    for key in (*body, "name", "value", "attachments"):
        for changed in ({key: junk}, {key: {**body, "id": junk}}, {key: [junk, {"type": junk}]}):
            try:
                [inbound] = (await teams.channel.receive(signed({**body, **changed}))).activities
            except Rejected as error:
                statuses.add(error.status)
            else:
                json.dumps(inbound.reference.to_dict())

    assert statuses <= {400, 403}


# --- why a genuine token was refused ------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "compare", "claims"),
    [
        ("audience_is_not_app_id", "app_id", {"aud": OTHER}),
        ("issuer_is_not_the_connector", "FABRIC_TEAMS_OPENID_URL", {"iss": "https://x"}),
        ("tenant_not_allowed", "tenants", {}),
    ],
)
async def test_the_log_names_what_to_compare_and_the_caller_hears_nothing(
    teams: TeamsHarness,
    caplog: pytest.LogCaptureFixture,
    reason: str,
    compare: str,
    claims: dict[str, Any],
) -> None:
    teams.rebuild(teams_bot(**REGISTRATION, tenants=[OTHER]))
    request = signed(MESSAGE, **claims)

    refusal = await rejection(teams, request)

    [record] = [r for r in caplog.records if r.message == "teams.rejected"]
    line = JsonFormatter().format(record)
    logged = json.loads(line)
    assert (logged["bot"], logged["reason"]) == ("helpdesk", reason)
    assert compare in logged["compare"]
    assert refusal.reason == reason
    assert request.headers["authorization"].split(".")[1] not in line


async def test_what_a_stranger_signed_is_not_worth_a_comparison(
    teams: TeamsHarness, caplog: pytest.LogCaptureFixture
) -> None:
    await rejection(
        teams, post(MESSAGE, authorization=f"Bearer {token(aud=OTHER, signed_by='attacker')}")
    )

    assert not [r for r in caplog.records if r.message == "teams.rejected"]
