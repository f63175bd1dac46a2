"""Who may use the web channel: from which pages, with which token, in which conversation."""

import re
from dataclasses import replace
from typing import Any

import pytest

from shared.channels.directline.access import TOKENS_PER_MINUTE
from shared.channels.directline.origin import canonical, listed
from shared.channels.directline.token import CONVERSATION_SECONDS, LIFETIME, REFRESH_SECONDS
from shared.errors import Rejected
from tests.contract.channels.directline import ORIGIN, call, web_bot
from tests.unit.directline import OpenWeb, Web, refused


@pytest.fixture
def web(open_web: OpenWeb) -> Web:
    return open_web(web_bot(), web_bot("hr", origins=["https://hr.contoso.example"]))


# --- tokens/generate ---------------------------------------------------------------------------


async def test_a_listed_page_gets_a_token_without_a_secret(web: Web) -> None:
    token = await web.join(user={"id": "ann"})

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", web.conversation)


@pytest.mark.parametrize("bot", ["nobody", "", None, 7, ["helpdesk"], {"id": "helpdesk"}])
async def test_an_unknown_bot_is_404(web: Web, bot: object) -> None:
    assert await refused(web.join(bot=bot)) == 404


async def test_a_bot_that_is_not_on_the_web_is_404(open_web: OpenWeb) -> None:
    offline = replace(web_bot(), channels=replace(web_bot().channels, web=None))

    assert await refused(open_web(offline).join()) == 404


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "*",
        "https://evil.example",
        "http://intranet.contoso.example",
        "https://intranet.contoso.example:8443",
        "https://intranet.contoso.example.evil.example",
        "https://evil.example/https://intranet.contoso.example",
        "https://user@intranet.contoso.example",
        "https://intranet.contoso.example, https://evil.example",
        "https://hr.contoso.example",
    ],
)
async def test_a_foreign_page_is_403(web: Web, origin: str) -> None:
    assert await refused(web.join(origin=origin)) == 403


def test_origins_are_compared_by_scheme_host_and_port() -> None:
    assert canonical("HTTPS://Intranet.Contoso.example") == f"{ORIGIN}:443"
    assert listed("https://intranet.contoso.example:443", [ORIGIN + "/"])
    assert not listed("", [""])


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://127.0.0.1:7099", "127.0.0.1:7099", True),
        ("http://localhost:7099", "localhost:7099", True),
        ("http://[::1]:7099", "[::1]:7099", True),
        ("http://localhost:8000", "localhost:7099", False),
        ("http://evil.example:7099", "evil.example:7099", False),
        ("http://localhost.evil.example:7099", "localhost.evil.example:7099", False),
    ],
)
async def test_its_own_page_may_ask_on_any_port_of_a_laptop(
    open_web: OpenWeb, origin: str, host: str, allowed: bool
) -> None:
    laptop, cloud = open_web(local=True), open_web()

    if allowed:
        assert await laptop.join(origin=origin, host=host)
    else:
        assert await refused(laptop.join(origin=origin, host=host)) == 403
    assert await refused(cloud.join(origin=origin, host=host)) == 403


async def test_a_person_without_an_id_is_given_one(web: Web) -> None:
    await web.join()
    one = await web.say("hello")
    await web.join()
    other = await web.say("hello")

    assert one.reference.user.startswith("visitor_")
    assert one.reference.user != other.reference.user


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"id": "ann\r\nX: y\x00"}, "annX: y"),
        ({"id": "x" * 5_000}, "x" * 128),
        ({"id": 7}, "visitor_"),
        ({"id": ""}, "visitor_"),
        ({"id": "\u202eann\u200b\U000e0041"}, "ann"),
        (
            {"id": "29:1bSnHZ7Js2STWrgk6ScEErLk1Lp2z"},
            "visitor_",
        ),
        ({"id": "28:app"}, "visitor_"),
        ({"id": "8:orgid:ann"}, "visitor_"),
        ({"id": "+49 30 23125"}, "visitor_"),
        (["ann"], "visitor_"),
        ("ann", "visitor_"),
    ],
)
async def test_a_claimed_id_is_one_short_line(web: Web, user: Any, expected: str) -> None:
    await web.join(user=user)

    assert (await web.say("hello")).reference.user.startswith(expected)
    assert len((await web.say("hello")).reference.user) <= 128


async def test_one_address_cannot_open_conversations_without_end(web: Web) -> None:
    for _ in range(TOKENS_PER_MINUTE):
        await web.join(x_forwarded_for="203.0.113.9:51000")

    assert await refused(web.join(x_forwarded_for="1.2.3.4, 203.0.113.9:52000")) == 429
    assert await web.join(x_forwarded_for="203.0.113.10:51000")
    web.now += 60
    assert await web.join(x_forwarded_for="203.0.113.9:53000")


# --- bearer ------------------------------------------------------------------------------------


async def test_a_token_is_stored_only_as_its_hash(web: Web) -> None:
    token = await web.join()
    items = await web.store.find(None, "")

    assert items
    assert all(token not in f"{item.partition}{item.id}{item.body}" for item in items)


async def test_an_expired_token_is_403_and_an_unknown_one_401(web: Web) -> None:
    await web.join()
    web.now += 1_799
    await web.say("in time")
    web.now += 1

    assert await refused(web.say("late")) == 403
    assert await refused(web.poll()) == 403
    web.token = "A" * 43
    assert await refused(web.say("forged")) == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer a b", "Basic YTpi", "Bearer é" * 9])
async def test_a_malformed_authorization_is_401(web: Web, header: str) -> None:
    request = call("POST", body={"type": "message", "text": "x"}, authorization=header)

    assert await refused(web.channel.receive(request)) == 401


async def test_refresh_prolongs_the_same_conversation(web: Web) -> None:
    old = await web.join(user={"id": "ann"})
    await web.say("before")
    web.now += 900
    granted = await web.channel.access.refresh(call("POST", old))
    web.token = granted["token"]
    web.now += 1_799

    assert granted["conversationId"] == web.conversation
    assert (await web.say("after")).reference.user == "ann"
    assert await web.heard() == ["before", "after"]
    assert await refused(web.channel.access.refresh(call("POST", old))) == 403


async def test_resuming_tells_what_is_left_of_the_token(web: Web) -> None:
    token = await web.join()
    web.now += 600
    granted = await web.channel.resume(call("GET", token, conversation=web.conversation))

    assert granted == {"conversationId": web.conversation, "token": token, "expires_in": 1_200}


async def test_a_token_opens_no_other_conversation(web: Web) -> None:
    await web.join()
    await web.say("secret")
    victim = web.conversation
    intruder = await web.join()

    for operation in (web.channel.receive, web.channel.poll, web.channel.resume):
        body = {"type": "message", "text": "x"}
        assert await refused(operation(call("POST", intruder, body, conversation=victim))) == 403


async def test_a_token_is_good_on_its_own_page_only(web: Web) -> None:
    token = await web.join()
    body = {"type": "message", "text": "x"}

    request = call("POST", token, body, origin="https://hr.contoso.example")
    assert await refused(web.channel.receive(request)) == 403
    assert (await web.channel.receive(call("POST", token, body, origin=ORIGIN))).activities


async def test_a_bot_taken_off_the_web_ends_its_conversations(open_web: OpenWeb) -> None:
    web = open_web()
    await web.join()
    later = open_web(web_bot("hr"))
    later.token, later.conversation = web.token, web.conversation

    assert await refused(later.poll()) == 404


async def test_a_session_id_is_for_bearers(web: Web) -> None:
    token = await web.join()

    assert (await web.channel.session(call("GET", token)))["sessionId"]
    assert await refused(web.channel.session(call("GET"))) == 401


# --- CORS --------------------------------------------------------------------------------------


def test_a_listed_page_may_read_the_answer(web: Web) -> None:
    headers = web.channel.access.cors(call("OPTIONS", origin="https://hr.contoso.example"))

    assert headers["Access-Control-Allow-Origin"] == "https://hr.contoso.example"
    assert headers["Vary"] == "Origin"
    allowed = headers["Access-Control-Allow-Headers"]
    for name in ("authorization", "content-type", "x-ms-bot-agent", "x-requested-with"):
        assert name in allowed


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_a_foreign_page_may_not(web: Web, origin: str) -> None:
    assert web.channel.access.cors(call("OPTIONS", origin=origin)) == {"Vary": "Origin"}


async def test_a_token_that_is_new_is_not_made_anew(web: Web) -> None:
    token = await web.join()
    web.now += REFRESH_SECONDS - 1
    granted = await web.channel.access.refresh(call("POST", token))
    assert (granted["token"], granted["expires_in"]) == (token, LIFETIME - REFRESH_SECONDS + 1)

    web.now += 1
    assert (await web.channel.access.refresh(call("POST", token)))["token"] != token


async def test_a_conversation_has_a_day_however_often_it_is_prolonged(web: Web) -> None:
    token, began = await web.join(), web.now
    while web.now - began <= CONVERSATION_SECONDS - LIFETIME - 1_500:
        web.now += 1_500
        token = (await web.channel.access.refresh(call("POST", token)))["token"]
    web.now += 1_500

    assert await refused(web.channel.access.refresh(call("POST", token))) == 403


async def test_the_addresses_of_one_subscriber_count_as_one(web: Web) -> None:
    for number in range(TOKENS_PER_MINUTE):
        await web.join(x_forwarded_for=f"[2001:db8:1:2::{number:x}]:443")
    with pytest.raises(Rejected) as refusal:
        await web.join(x_forwarded_for="[2001:db8:1:2:ffff::1]:443")
    assert refusal.value.status == 429
    assert refusal.value.after
    await web.join(x_forwarded_for="[2001:db8:1:3::1]:443")


async def test_in_the_cloud_a_page_without_tls_is_foreign(open_web: OpenWeb) -> None:
    plain = "http://intranet.contoso.example"
    bot = web_bot(origins=[plain, ORIGIN])
    cloud, laptop = open_web(bot, below="a"), open_web(bot, below="b", local=True)
    assert await refused(cloud.join(origin=plain)) == 403
    assert await cloud.join(origin=ORIGIN)
    assert await laptop.join(origin=plain)
