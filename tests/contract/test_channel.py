"""What every channel promises. A new one joins by a line in REMOTE or CHANNELS."""

from collections.abc import AsyncIterator

import pytest

from shared.activity import Activity, ConversationReference
from shared.errors import PermanentError, ReferenceGone, Rejected, TransientError
from shared.ports.channel import Inbound, Received
from tests.contract.channels.directline import DirectLineHarness
from tests.contract.channels.harness import Harness, RemoteHarness
from tests.contract.channels.stub import Answer
from tests.contract.channels.teams import TeamsHarness
from tests.contract.channels.whatsapp import WhatsAppHarness

REMOTE: list[type[RemoteHarness]] = [
    TeamsHarness,
    WhatsAppHarness,
]
SAYING_GONE = [harness for harness in REMOTE if harness.gone]
CHANNELS: list[type[Harness]] = [
    *REMOTE,
    DirectLineHarness,
]

HOSTILE_BODIES = [
    b"",
    b" ",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"{}",
    b'{"type":"message"}',
    b'{"a":1,"a":2}',
    b'{"x":NaN}',
    b'{"text":"\xff"}',
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
    b'{"x":' * 3_000 + b"1" + b"}" * 3_000,
    b'{"x":' + b"9" * 5_000 + b"}",
    b"a" * 4_000_000,
]


def name(harness: type[Harness]) -> str:
    return harness.__name__.removesuffix("Harness")


@pytest.fixture(params=CHANNELS, ids=name)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with request.param() as harness:
        yield harness


@pytest.fixture(params=REMOTE, ids=name)
async def remote(request: pytest.FixtureRequest) -> AsyncIterator[RemoteHarness]:
    async with request.param() as harness:
        yield harness


async def heard(world: Harness, text: str = "hello", id: str = "m-1") -> Inbound:
    received = await world.channel.receive(world.message(text, id))
    [inbound] = received.activities
    return inbound


def hi() -> Activity:
    return Activity(type="message", id="effect-1", text="hi")


# --- receiving ---------------------------------------------------------------------------------


async def test_a_genuine_message_is_one_activity_for_its_bot(world: Harness) -> None:
    inbound = await heard(world, text="hello", id="m-1")

    assert inbound.bot is world.bot
    assert (inbound.activity.type, inbound.activity.text) == ("message", "hello")
    assert inbound.activity.id
    assert inbound.reference.bot == world.bot.id
    assert inbound.reference.conversation
    assert inbound.reference.user


async def test_the_same_message_again_has_the_same_id_and_place(world: Harness) -> None:
    first, second = await heard(world), await heard(world)

    assert first.activity.id == second.activity.id
    assert first.reference.key == second.reference.key


async def test_another_message_has_another_id(world: Harness) -> None:
    first, second = await heard(world, id="m-1"), await heard(world, id="m-2")

    assert first.activity.id != second.activity.id


async def test_text_arrives_in_any_script(world: Harness) -> None:
    text = "Grüße, 你好, مرحبا 👩‍👩‍👧"

    assert (await heard(world, text=text)).activity.text == text


async def test_a_forged_message_is_rejected(world: Harness) -> None:
    with pytest.raises(Rejected) as rejection:
        await world.channel.receive(world.forged())

    assert rejection.value.status in (401, 403)


@pytest.mark.parametrize("body", HOSTILE_BODIES, ids=lambda body: repr(body[:12]))
async def test_a_hostile_body_is_rejected_or_set_aside(world: Harness, body: bytes) -> None:
    received, status = Received(ignored=["rejected"]), 200
    try:
        received = await world.channel.receive(world.genuine(body))
    except Rejected as rejection:
        status = rejection.status

    assert status < 500
    assert received.ignored
    assert not received.activities
    assert not received.receipts


# --- answering ---------------------------------------------------------------------------------


async def test_a_stored_reference_can_be_answered(world: Harness) -> None:
    stored = (await heard(world)).reference.to_dict()
    reference = ConversationReference.from_dict(stored)

    assert await world.channel.send(world.bot, reference, hi()) == world.sent_id
    assert await world.channel.send(world.bot, reference.proactive(), hi()) == world.sent_id


async def test_what_is_sent_is_the_text(remote: RemoteHarness) -> None:
    reference = (await heard(remote)).reference

    await remote.channel.send(remote.bot, reference, hi())

    assert b"hi" in remote.service.calls[-1].body


async def test_a_throttled_send_says_when_to_try_again(remote: RemoteHarness) -> None:
    reference = (await heard(remote)).reference
    remote.service.answers.append(remote.throttled)

    with pytest.raises(TransientError) as error:
        await remote.channel.send(remote.bot, reference, hi())

    assert error.value.after == pytest.approx(7, abs=1)


async def test_a_service_that_is_down_is_tried_again(remote: RemoteHarness) -> None:
    reference = (await heard(remote)).reference
    remote.service.answers.append(Answer(503))

    with pytest.raises(TransientError):
        await remote.channel.send(remote.bot, reference, hi())


async def test_a_refused_send_is_never_tried_again(remote: RemoteHarness) -> None:
    reference = (await heard(remote)).reference
    remote.service.answers.append(remote.refused)

    with pytest.raises(PermanentError) as error:
        await remote.channel.send(remote.bot, reference, hi())

    assert not isinstance(error.value, ReferenceGone)
    assert "nobody reads this" not in str(error.value)


@pytest.mark.parametrize("remote", SAYING_GONE, ids=name, indirect=True)
async def test_a_conversation_that_is_gone_says_so(remote: RemoteHarness) -> None:
    reference = (await heard(remote)).reference
    assert remote.gone
    remote.service.answers.append(remote.gone)

    with pytest.raises(ReferenceGone):
        await remote.channel.send(remote.bot, reference, hi())


# --- long texts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "short", "One sentence. " * 9_000, "paragraph\n\n" * 9_000, "x" * 90_000, "🙂" * 90_000],
    ids=["empty", "short", "sentences", "paragraphs", "one-word", "emoji"],
)
async def test_split_keeps_every_character_within_the_limit(world: Harness, text: str) -> None:
    parts = world.channel.split(Activity(type="message", text=text))

    assert "".join(part.text for part in parts) == text
    assert all(world.fits(part) for part in parts)
    assert all(part.text for part in parts) or text == ""


async def test_buttons_come_with_the_last_part(world: Harness) -> None:
    actions = {"actions": [{"type": "imBack", "title": "Yes", "value": "yes"}]}
    whole = Activity(type="message", text="x" * 90_000, suggestedActions=actions)

    *first, last = world.channel.split(whole)

    assert "suggestedActions" in last
    assert all("suggestedActions" not in part for part in first)


async def test_a_working_channel_has_nothing_to_report(world: Harness) -> None:
    await heard(world)

    assert await world.channel.check() == ""
