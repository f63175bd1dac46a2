"""What lacks its proof, comes too late or comes again: refused or set aside, and nothing kept."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from simulators.teams import TeamsSimulator
from tests.hostile import corpus
from tests.hostile.app import APP_ID, HOST, NUMBER, ORIGIN, TENANT, Answer, App, running

World = tuple[App, asyncio.AbstractEventLoop]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("refused")) as both:
        yield both


def activity(app: App, **fields: Any) -> dict[str, Any]:
    return {**corpus.teams(app.teams.service_url, APP_ID, TENANT)[0], **fields}


def refused(answer: Answer, *statuses: int) -> None:
    assert answer.status in statuses
    assert answer.effects == 0
    assert len(answer.body) < 200


# --- Teams -------------------------------------------------------------------------------------


def test_a_genuine_activity_is_taken(world: World) -> None:
    app, loop = world
    answer = loop.run_until_complete(app.to_teams(activity(app, id="genuine")))
    assert answer.status == 202
    assert answer.effects > 0


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "bearer {token}",
        "Bearer {token},Bearer {token}",
        "Bearer {token} ",
        "Basic {token}",
        "Bearer a.b.c",
        "Bearer {token}x",
        "Bearer " + "A" * 100_000,
        "Bearer {head}..{signature}",
        "Bearer {none}",
        "Bearer {foreign}",
        "Bearer {hmac}",
        "Bearer {expired}",
        "Bearer {another}",
        "Bearer \udcff\udcfe",
    ],
)
def test_an_activity_without_a_genuine_token_is_refused(world: World, header: str) -> None:
    app, loop = world
    tokens, here = app.teams.tokens, app.teams.service_url
    genuine = tokens.inbound(here)
    head, _, signature = genuine.split(".")
    claims = jwt.decode(genuine, options={"verify_signature": False})
    text = header.format(
        token=genuine,
        head=head,
        signature=signature,
        none=jwt.encode(claims, "", algorithm="none", headers={"kid": tokens.key_id}),
        foreign=TeamsSimulator(app_id=APP_ID).tokens.inbound(here),
        hmac=jwt.encode(claims, "x" * 64, algorithm="HS256", headers={"kid": tokens.key_id}),
        expired=tokens.inbound(here, exp=int(time.time()) - 3600),
        another=tokens.inbound(here, aud="another-app"),
    )
    refused(loop.run_until_complete(app.to_teams(activity(app), authorization=text)), 401, 403, 431)


@pytest.mark.parametrize(
    "fields",
    [
        {"serviceUrl": "https://attacker.example/"},
        {"serviceUrl": "https://smba.trafficmanager.net.attacker.example/"},
        {"channelId": "emulator"},
        {"channelId": None},
        {"recipient": {"id": "28:another"}},
        {"conversation": {"id": "a:1", "tenantId": "another"}},
        {"channelData": {"tenant": {"id": "another"}}},
        {"channelData": {"tenant": ["x"]}},
    ],
)
def test_a_genuine_token_does_not_vouch_for_this(world: World, fields: dict[str, Any]) -> None:
    app, loop = world
    refused(loop.run_until_complete(app.to_teams(activity(app, **fields))), 403)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "bots.contoso.example"},
        {"host": "127.0.0.1.attacker.example"},
        {"host": "127.0.0.1", "x_forwarded_for": "203.0.113.9"},
        {"host": ""},
        {"content_type": "text/plain"},
        {"content_type": ""},
        {"content_type": "application/json\udcff"},
    ],
)
def test_a_bot_without_app_id_hears_this_machine_only(
    world: World, headers: dict[str, str]
) -> None:
    app, loop = world
    assert HOST
    answer = loop.run_until_complete(app.to_teams(activity(app), bot="local", **headers))
    refused(answer, 401, 415)


@pytest.mark.parametrize("bot", ["", "nobody", "../genuine", "GENUINE", "genuine\x00"])
def test_a_bot_that_there_is_not_is_not_found(world: World, bot: str) -> None:
    app, loop = world
    refused(loop.run_until_complete(app.to_teams(activity(app), bot=bot)), 404)


def test_an_invoke_that_nobody_handles_is_not_implemented(world: World) -> None:
    app, loop = world
    for name in ("task/fetch", "", "x" * 5000, "signin/verifyState"):
        answer = loop.run_until_complete(app.to_teams(activity(app, type="invoke", name=name)))
        refused(answer, 501)


# --- WhatsApp ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256={upper}",
        "sha1={digest}",
        "sha256={digest},sha256={digest}",
        "sha256={digest}0",
        "sha256={short}",
        " sha256={digest}",
        "sha256=" + "0" * 64,
        "sha256=" + "é" * 64,
        "sha256=\udcff",
        "x" * 100_000,
    ],
)
def test_an_update_without_its_signature_is_refused(world: World, signature: str) -> None:
    app, loop = world
    body = json.dumps(corpus.whatsapp(NUMBER)[0]).encode()
    digest = hmac.new(b"app-secret-1", body, hashlib.sha256).hexdigest()
    text = signature.format(digest=digest, upper=digest.upper(), short=digest[:-1])
    refused(loop.run_until_complete(app.to_whatsapp(body, x_hub_signature_256=text)), 401)


def test_the_same_bytes_written_otherwise_are_not_what_was_signed(world: World) -> None:
    app, loop = world
    body = json.dumps(corpus.whatsapp(NUMBER)[0])
    digest = hmac.new(b"app-secret-1", body.encode(), hashlib.sha256).hexdigest()
    again = body.replace("/", "\\/") + "\n"
    answer = loop.run_until_complete(
        app.to_whatsapp(again.encode(), x_hub_signature_256=f"sha256={digest}")
    )
    refused(answer, 401)


def test_a_replay_is_acknowledged_and_changes_nothing(world: World) -> None:
    app, loop = world
    body = corpus.whatsapp(NUMBER)[0]
    bus: Any = app.fabric.bus

    def waiting() -> dict[str, Any]:
        counts: dict[str, Any] = loop.run_until_complete(bus.counts())
        return counts

    def accepted() -> int:
        found = loop.run_until_complete(app.fabric.store.find(None, "accepted:", limit=1000))
        return len(found)

    assert loop.run_until_complete(app.to_whatsapp(body)).status == 200
    before = waiting(), accepted()
    for _ in range(20):
        assert loop.run_until_complete(app.to_whatsapp(body)).status == 200
    assert (waiting(), accepted()) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "TRACE", "X-Y"])
def test_an_odd_method_is_not_allowed(world: World, method: str) -> None:
    app, loop = world
    refused(loop.run_until_complete(app.call("whatsapp", b"{}", {}, method=method)), 405)


def test_no_handshake_succeeds_by_accident(world: World) -> None:
    app, loop = world
    right = {"hub.mode": "subscribe", "hub.verify_token": "local-verify-token"}
    queries: list[dict[str, str]] = [
        {},
        {"hub.challenge": "1"},
        {**right, "hub.challenge": ""},
        {**right, "hub.challenge": "<script>"},
        {**right, "hub.challenge": "1" * 100_000},
        {**right, "hub.challenge": "1", "hub.mode": "SUBSCRIBE"},
        {**right, "hub.challenge": "1", "hub.verify_token": "local-verify-token,x"},
        {**right, "hub.challenge": "1", "hub.verify_token": "\udcff"},
    ]
    for query in queries:
        answer = loop.run_until_complete(app.call("whatsapp", b"", {}, method="GET", query=query))
        refused(answer, 400, 403)


# --- Direct Line -------------------------------------------------------------------------------

SAY = {"type": "message", "text": "hello"}


@pytest.mark.parametrize(
    "token",
    [
        "A" * 43,
        "A" * 100_000,
        "{token}A",
        "{lower}",
        "{token},{token}",
        "{token} ",
        "../{token}",
        "\udcff" * 43,
        "null",
    ],
)
def test_a_token_that_was_not_granted_opens_nothing(world: World, token: str) -> None:
    app, loop = world
    granted = app.direct_line["token"]
    text = token.format(token=granted, lower=granted.swapcase())
    for function in ("activities", "upload", "refresh", "conversations", "conversation", "session"):
        method = "GET" if function in ("conversation", "session") else "POST"
        answer = loop.run_until_complete(app.web(function, SAY, token=text, method=method))
        refused(answer, 401, 403)


@pytest.mark.parametrize(
    "more",
    [
        {"conversation": "another"},
        {"conversation": ""},
        {"conversation": "{id}/../{id}"},
        {"conversation": "{id}\x00"},
        {"origin": "https://attacker.example"},
        {"origin": "null"},
        {"origin": f"{ORIGIN}.attacker.example"},
        {"origin": f"{ORIGIN}:444"},
        {"origin": "x" * 100_000},
    ],
)
def test_a_token_is_good_for_its_conversation_and_page_only(
    world: World, more: dict[str, str]
) -> None:
    app, loop = world
    full = {name: v.format(id=app.direct_line["conversationId"]) for name, v in more.items()}
    for method in ("GET", "POST"):
        refused(loop.run_until_complete(app.web("activities", SAY, method=method, **full)), 403)


def test_nobody_speaks_as_somebody_else(world: World) -> None:
    app, loop = world
    body = {
        **SAY,
        "from": {"id": "boss", "role": "bot"},
        "id": "1",
        "conversation": {"id": "another"},
        "serviceUrl": "http://169.254.169.254/",
        "channelData": {"clientActivityID": "spoof"},
    }
    assert loop.run_until_complete(app.web("activities", body)).status == 200
    answer = loop.run_until_complete(app.web("activities", method="GET"))
    [said] = json.loads(answer.body)["activities"]
    assert said["from"]["id"] == "ann"
    assert said["from"]["role"] == "user"
    assert said["conversation"]["id"] == app.direct_line["conversationId"]
    assert "serviceUrl" not in said


@pytest.mark.parametrize(
    "watermark", ["-1", "x", "٣", "9" * 5000, "1e9", "\x00", "1;drop", "\udcff"]
)
def test_a_watermark_that_is_none_does_not_end_polling(world: World, watermark: str) -> None:
    app, loop = world
    path = {"conversation": app.direct_line["conversationId"]}
    headers = {"authorization": f"Bearer {app.direct_line['token']}", "origin": ORIGIN}
    answer = loop.run_until_complete(
        app.call(
            "activities", b"", headers, method="GET", path=path, query={"watermark": watermark}
        )
    )
    assert answer.status == 200


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b1", b""),
        ("multipart/form-data; boundary=b1", b"--b1\r\n"),
        ("multipart/form-data; boundary=b1", corpus.multipart(SAY)[:-20]),
        ("multipart/form-data; boundary=b1", corpus.multipart([SAY])),
        ("multipart/form-data; boundary=b1", corpus.multipart({"type": 1})),
        ("multipart/form-data; boundary=b1", b"--b1\r\n\r\n" * 50 + b"--b1--"),
        ("multipart/form-data; boundary=" + "b" * 5000, b"x"),
        ("multipart/form-data; boundary=b1", b"--b1\r\n" + b"h: v\r\n" * 5000 + b"\r\n--b1--"),
        ("multipart/form-data; boundary=b1", b"x" * 5_000_000),
        ("application/json", b"x" * 70_000),
    ],
)
def test_an_upload_that_is_none_is_refused(world: World, content_type: str, body: bytes) -> None:
    app, loop = world
    answer = loop.run_until_complete(app.web("upload", body, content_type=content_type))
    refused(answer, 400, 413)


# --- Event Grid and skills ---------------------------------------------------------------------


@pytest.mark.parametrize("event", [corpus.CLOUD_EVENT, corpus.GRID_EVENT], ids=["cloud", "grid"])
@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"source": None, "topic": 5},
        {"data": {"a": "\ud800"}},
        {"data": {"a": 2**70}},
        {"data": None},
        {"data": "x" * 1_200_000},
        {"subject": ["x"]},
        {"id": "\ud800"},
        {"type": "", "eventType": ""},
    ],
    ids=lambda wrong: ",".join(wrong) or "unheard",
)
def test_an_event_that_is_malformed_or_unheard_is_dropped_for_good(
    world: World, event: dict[str, Any], wrong: dict[str, Any]
) -> None:
    """Not with a 5xx, or Event Grid would deliver it for a day."""
    app, loop = world
    known = {name: value for name, value in wrong.items() if name in event}
    answer = loop.run_until_complete(app.to_event_grid({**event, **known}))
    assert answer.status in (202, 400)
    assert answer.effects == 0


def test_an_event_that_a_skill_hears_is_enqueued(world: World) -> None:
    app, loop = world
    bot, heard = next(
        (bot.id, type)
        for bot in app.fabric.bots.values()
        for name in bot.skills
        for type in app.fabric.skills[name].events
    )
    event = {**corpus.CLOUD_EVENT, "type": heard, "id": "h-1", "bot": bot, "conversation": "c"}
    answer = loop.run_until_complete(app.to_event_grid(event))
    assert answer.status == 202
    assert answer.effects > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"bot": "nobody"},
        {"bot": None},
        {"text": None},
        {"text": "x" * 20_000},
        {"conversation": ""},
        {"user": {"id": "ann"}},
    ],
)
def test_a_skill_call_names_bot_conversation_user_and_text(
    world: World, wrong: dict[str, Any]
) -> None:
    app, loop = world
    refused(loop.run_until_complete(app.to_skill({**corpus.SKILL_CALL, **wrong})), 400, 404)
