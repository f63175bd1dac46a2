"""A late answer is sent, prefixed, replaced, parked or dropped, as its bot declares."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from time import time
from typing import Any

import pytest

from shared.activity import ConversationReference
from shared.errors import PermanentError, TransientError, Unavailable
from shared.event import Event
from shared.operations.deeds.letters import redrive
from shared.operations.reports.books import balanced, books
from shared.operations.reports.letters import letters
from shared.pipeline.door import accept, facts
from shared.pipeline.outbox import lateness, relay
from shared.pipeline.turns import settle, still_working
from shared.ports.channel import Inbound
from shared.ports.store import Put
from shared.records.conversation import DOCUMENT, Conversation
from shared.skill import Skill
from shared.turn import Turn
from tests.contract.channels.stub import Answer
from tests.contract.channels.whatsapp import NUMBER, WhatsAppHarness, graph_error
from tests.lab import Lab
from tests.sentences import APOLOGY, PREFIX, STILL_WORKING, WAITING_TEXT

Make = Callable[..., Lab]
HOUR, MINUTE = 3600.0, 60.0
TEMPLATE = """
[channels.whatsapp]
phone_number_id = "106540352242922"
template = "we_have_an_answer"
template_language = "en"
"""
PLAIN = """
[channels.whatsapp]
phone_number_id = "106540352242922"
"""


def echo() -> Skill:
    skill = Skill("echo", "Echoes, and tells news")

    @skill.on_message
    async def say(turn: Turn) -> None:
        if turn.text == "hush":
            turn.mute()
        turn.reply(f"echo: {turn.text}")

    @skill.on_event("news")
    async def news(turn: Turn) -> None:
        turn.reply(f"news: {turn.data['text']}")

    return skill


async def work(fabric: Lab) -> None:
    """Run what there is now; what is to wake up later is not waited for."""
    while found := await fabric.deliveries():
        for delivery in found:
            await fabric.run(delivery)


async def shift(fabric: Lab, key: str, seconds: float) -> None:
    """Let time pass: everything that is known of the conversation happened longer ago."""
    for item in [*await fabric.items(key, DOCUMENT), *await fabric.items(key, "outbox:")]:
        body = dict(item.body)
        for name in ("asked", "made", "spoke", "heard", "muted_at"):
            if body.get(name):
                body[name] -= seconds
        await fabric.store.write(key, Put(item.id, body, due=time() if item.due else None))


async def decided(fabric: Lab, key: str) -> list[tuple[str, str]]:
    return [(i.body["case"], i.body["done"]) for i in await fabric.items(key, "late:")]


async def unsent(fabric: Lab, *texts: str) -> str:
    """The answers are committed, and the channel is down."""
    for text in texts:
        fabric.memory.failures = [TransientError("down", after=30)]
        key = await fabric.say(text)
        await work(fabric)
    fabric.memory.failures = []
    return key


# --- the table: what is late, what the bot declares, what the person gets ----------------------

LATE = "echo: question"
TABLE = [
    ("in time", "", [LATE]),
    ("taken over", "", []),
    ("taken over", '[late]\ntaken_over = "prefix"', [f"{PREFIX} {LATE}"]),
    ("taken over", '[late]\ntaken_over = "send"', [LATE]),
    ("moved on", "", [f"{PREFIX} {LATE}", "echo: newer"]),
    ("moved on", '[late]\nmoved_on = "send"', [LATE, "echo: newer"]),
    ("moved on", '[late]\nmoved_on = "drop"', ["echo: newer"]),
    ("moved on", "[late]\nmoved_on_minutes = 60", [LATE, "echo: newer"]),
]


@pytest.mark.parametrize(("case", "manifest", "heard"), TABLE)
async def test_the_person_gets_what_is_declared(
    lab: Make, case: str, manifest: str, heard: list[str]
) -> None:
    fabric = lab(echo(), manifest=manifest)
    key = await unsent(fabric, "question")
    await shift(fabric, key, 20 * MINUTE)
    if case == "taken over":
        item = await fabric.store.get(key, DOCUMENT)
        assert item is not None
        known = Conversation.from_item(item)
        known.muted, known.muted_at = True, time()
        await fabric.store.write(key, known.to_op())
    if case == "moved on":
        await fabric.say("newer")
        await work(fabric)
    await relay.sweep(fabric)
    await work(fabric)
    assert fabric.heard() == heard
    count = await books(fabric)
    assert balanced(count)
    assert count["done"] == count["accepted"]
    name = case.replace(" ", "_")
    told = [] if case == "in time" or "60" in manifest else [name]
    assert [found for found, _ in await decided(fabric, key)] == told


async def test_the_answer_that_says_who_takes_over_is_said(lab: Make) -> None:
    """An earlier one still waits when a message mutes the bot: only that one is late."""
    fabric = lab(echo())
    key = await unsent(fabric, "question", "hush")
    await shift(fabric, key, MINUTE)
    await relay.sweep(fabric)
    await work(fabric)
    assert fabric.heard() == ["echo: hush"]
    assert await decided(fabric, key) == [("taken_over", "drop")]


@pytest.mark.parametrize(
    ("policy", "heard"), [("drop", []), ("prefix", [f"{PREFIX} {LATE}"]), ("send", [LATE])]
)
async def test_a_person_takes_over_in_the_middle_of_the_turn(
    lab: Make, monkeypatch: pytest.MonkeyPatch, policy: str, heard: list[str]
) -> None:
    monkeypatch.setattr(lateness, "QUICK", 0.0)
    skill = Skill("echo", "Echoes")

    @skill.on_message
    async def meanwhile(turn: Turn) -> None:
        if not turn.muted:
            taken = Conversation(turn.reference, muted=True, muted_at=time())
            await fabric.store.write(turn.event.conversation, taken.to_op())
        turn.reply(f"echo: {turn.text}")

    fabric = lab(skill, manifest=f'[late]\ntaken_over = "{policy}"')
    key = await fabric.say("question")
    await work(fabric)
    assert fabric.heard() == heard
    assert await decided(fabric, key) == [("taken_over", policy)]


async def test_only_the_first_part_has_the_prefix(lab: Make) -> None:
    skill = Skill("parts", "Says two things")

    @skill.on_message
    async def say(turn: Turn) -> None:
        turn.reply(f"one\n{turn.text}")
        turn.reply("two")

    fabric = lab(skill)
    key = await unsent(fabric, "question")
    await shift(fabric, key, 20 * MINUTE)
    await fabric.say("newer")
    await work(fabric)
    assert fabric.heard()[:2] == [f"{PREFIX}\n\none\nquestion", "two"]


async def test_a_dead_letter_that_is_sent_again_knows_when_it_was_asked(lab: Make) -> None:
    skill, left = Skill("failing", "Fails once"), [PermanentError("no_account")]

    @skill.on_message
    async def answer(turn: Turn) -> None:
        if left:
            raise left.pop()
        turn.reply(f"echo: {turn.text}")

    fabric = lab(skill)
    key = await fabric.say("question")
    await work(fabric)
    [letter] = await letters(fabric)
    event = dict(letter.record.event or {})
    event["time"] = datetime.fromtimestamp(time() - HOUR, UTC).isoformat()
    await fabric.store.write(key, replace(letter.record, event=event).put())
    await fabric.say("newer")
    await work(fabric)
    [letter] = await letters(fabric)
    await redrive(fabric, letter)
    await work(fabric)
    assert fabric.heard()[1:] == ["echo: newer", f"{PREFIX} echo: question"]


async def test_news_is_no_answer_and_has_no_prefix(lab: Make) -> None:
    fabric = lab(echo())
    key = await fabric.say("hello")
    await work(fabric)
    await shift(fabric, key, HOUR)
    news = Event("n1", "news", {"text": "done"}, bot="lab", conversation=key)
    await facts.fan_out(fabric, news.to_json())
    await work(fabric)
    assert fabric.heard() == ["echo: hello", "news: done"]
    assert await decided(fabric, key) == []


# --- WhatsApp's window, against a Graph API of our own -----------------------------------------


@pytest.fixture
async def meta() -> AsyncIterator[WhatsAppHarness]:
    async with WhatsAppHarness() as harness:
        yield harness


def on_whatsapp(fabric: Lab, meta: WhatsAppHarness) -> Lab:
    fabric.channel = lambda name: meta.channel  # type: ignore[method-assign]
    meta.channel.typing_after = 1000.0
    return fabric


def message(fabric: Lab, text: str, *, ago: float = 0.0) -> Inbound:
    inbound = fabric.inbound(text, timestamp=datetime.fromtimestamp(time() - ago, UTC).isoformat())
    reference = ConversationReference(
        "lab", "whatsapp", "NL.1", user="31655501001", account=NUMBER, reply_to="wamid.in.1"
    )
    return replace(inbound, reference=reference)


async def wrote(fabric: Lab, text: str, *, ago: float = 0.0) -> str:
    inbound = message(fabric, text, ago=ago)
    await accept.accept(fabric, [inbound])
    await work(fabric)
    return inbound.reference.key


async def tell(fabric: Lab, key: str, text: str) -> None:
    news = Event(f"n-{text}", "news", {"text": text}, bot="lab", conversation=key)
    await facts.fan_out(fabric, news.to_json())
    await work(fabric)


def got(meta: WhatsAppHarness) -> list[str]:
    """What the person's phone shows: texts, and templates by name."""
    bodies: list[Any] = [call.json() for call in meta.sent]
    return [
        body["text"]["body"] if body["type"] == "text" else body["template"]["name"]
        for body in bodies
    ]


async def test_at_23_59_free_text_goes_out(lab: Make, meta: WhatsAppHarness) -> None:
    fabric = on_whatsapp(lab(echo(), manifest=TEMPLATE), meta)
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR - MINUTE)
    await tell(fabric, key, "solved")
    assert got(meta) == ["echo: hello", "news: solved"]


async def test_at_24_01_the_template_goes_out(lab: Make, meta: WhatsAppHarness) -> None:
    fabric = on_whatsapp(lab(echo(), manifest=TEMPLATE), meta)
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR + MINUTE)
    await tell(fabric, key, "solved")
    assert got(meta) == ["echo: hello", "we_have_an_answer"]
    body = meta.sent[-1].json()
    assert (body["to"], body["type"]) == ("31655501001", "template")
    assert body["template"] == {"name": "we_have_an_answer", "language": {"code": "en"}}
    assert await decided(fabric, key) == [("window", "template")]


@pytest.mark.parametrize(("window", "left"), [("park", 1), ("drop", 0)])
async def test_at_24_01_nothing_goes_out_where_that_is_declared(
    lab: Make, meta: WhatsAppHarness, window: str, left: int
) -> None:
    manifest = f'{TEMPLATE}\n[late]\nwindow = "{window}"'
    fabric = on_whatsapp(lab(echo(), manifest=manifest), meta)
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR + MINUTE)
    await tell(fabric, key, "solved")
    assert got(meta) == ["echo: hello"]
    assert await decided(fabric, key) == [("window", window)]
    assert len(await fabric.items(key, "outbox:")) == left


async def test_without_a_template_it_is_parked(lab: Make, meta: WhatsAppHarness) -> None:
    fabric = on_whatsapp(lab(echo(), manifest=PLAIN), meta)
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR + MINUTE)
    await tell(fabric, key, "solved")
    assert got(meta) == ["echo: hello"]
    assert await decided(fabric, key) == [("window", "park")]


@pytest.mark.parametrize("manifest", [TEMPLATE, PLAIN])
async def test_a_window_that_only_meta_knows_to_be_shut_is_shut(
    lab: Make, meta: WhatsAppHarness, manifest: str
) -> None:
    fabric = on_whatsapp(lab(echo(), manifest=manifest), meta)
    meta.service.answers.append(graph_error(131047))
    key = await wrote(fabric, "hello")
    await relay.sweep(fabric)
    await relay.drain(fabric, key)
    asked = ["we_have_an_answer"] if manifest == TEMPLATE else []
    assert got(meta) == ["echo: hello", *asked]
    assert await letters(fabric) == []

    await wrote(fabric, "and now?")
    assert got(meta)[len(asked) + 1 :] == ["echo: hello", "echo: and now?"]
    assert await fabric.items(key, "outbox:") == []
    assert balanced(await books(fabric))


@pytest.mark.parametrize("manifest", [TEMPLATE, PLAIN])
async def test_what_was_parked_goes_out_when_the_person_writes(
    lab: Make, meta: WhatsAppHarness, manifest: str
) -> None:
    fabric = on_whatsapp(lab(echo(), manifest=manifest), meta)
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR + MINUTE)
    await tell(fabric, key, "solved")
    await tell(fabric, key, "closed")
    await relay.sweep(fabric)
    asked = ["we_have_an_answer"] if manifest == TEMPLATE else []
    assert got(meta) == ["echo: hello", *asked]
    await wrote(fabric, "what is it?")
    assert got(meta)[len(asked) + 1 :] == ["news: solved", "news: closed", "echo: what is it?"]
    assert await fabric.items(key, "outbox:") == []
    count = await books(fabric)
    assert balanced(count)
    assert (count["done"], count["repeated"]) == (count["accepted"], 0)


async def parked(fabric: Lab) -> str:
    """An answer waits for the person, who wrote a day ago."""
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR + MINUTE)
    await tell(fabric, key, "solved")
    assert fabric.heard("NL.1") == ["echo: hello"]
    return key


async def test_what_one_process_is_sending_after_the_window_no_other_sends_too(lab: Make) -> None:
    fabric = lab(echo(), manifest=PLAIN)
    key = await parked(fabric)
    send, drains = fabric.memory.send, 0

    async def slowly(bot: Any, reference: Any, activity: Any) -> str:
        nonlocal drains
        drains += 1
        if drains == 1:
            await relay.drain(fabric, key)
        return await send(bot, reference, activity)

    fabric.memory.send = slowly  # type: ignore[method-assign]
    await wrote(fabric, "what is it?")
    assert fabric.heard("NL.1") == ["echo: hello", "news: solved", "echo: what is it?"]
    assert (await books(fabric))["repeated"] == 0


async def test_a_process_that_stood_still_does_not_park_what_another_has_sent(lab: Make) -> None:
    """It stands still while it sends the template; the person writes, and has the answer."""
    fabric = lab(skill := echo(), manifest=TEMPLATE)
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR + MINUTE)
    send, stands_still = fabric.memory.send, True

    async def slowly(bot: Any, reference: Any, activity: Any) -> str:
        nonlocal stands_still
        if stands_still:
            stands_still = False
            await shift(fabric, key, lateness.QUICK)
            inbound = message(fabric, "what is it?")
            await settle.work(fabric, skill, accept.arrival(inbound).to_json(), 1)
        return await send(bot, reference, activity)

    fabric.memory.send = slowly  # type: ignore[method-assign]
    await tell(fabric, key, "solved")
    await shift(fabric, key, lateness.QUICK)
    await relay.sweep(fabric)
    await work(fabric)
    assert fabric.heard("NL.1").count("news: solved") == 1
    assert await fabric.items(key, "outbox:") == []


async def test_what_was_parked_and_is_throttled_waits_as_long_as_it_is_told(lab: Make) -> None:
    fabric = lab(echo(), manifest=PLAIN)
    key = await parked(fabric)
    fabric.memory.failures = [TransientError("429", after=30)]
    await wrote(fabric, "what is it?")
    await relay.drain(fabric, key)
    assert fabric.heard("NL.1") == ["echo: hello"]


async def test_the_sweep_asks_meta_for_nothing_while_the_window_is_shut(
    lab: Make, meta: WhatsAppHarness
) -> None:
    fabric = on_whatsapp(lab(echo(), manifest=TEMPLATE), meta)
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR + MINUTE)
    await tell(fabric, key, "solved")
    for _ in range(3):
        await shift(fabric, key, HOUR)
        await relay.sweep(fabric)
    assert got(meta) == ["echo: hello", "we_have_an_answer"]


@pytest.mark.parametrize(("manifest", "reason"), [(TEMPLATE, []), (PLAIN, ["window_shut"])])
async def test_it_is_not_parked_for_ever(
    lab: Make, meta: WhatsAppHarness, manifest: str, reason: list[str]
) -> None:
    """A template asked for an answer and got none; without one, an operator has to know."""
    fabric = on_whatsapp(lab(echo(), manifest=manifest), meta)
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR + MINUTE)
    await tell(fabric, key, "solved")
    await shift(fabric, key, lateness.PARKED)
    await relay.sweep(fabric)
    assert await fabric.items(key, "outbox:") == []
    assert [letter.reason for letter in await letters(fabric)] == reason


async def test_a_message_that_meta_delivers_a_day_late_gets_no_free_text(
    lab: Make, meta: WhatsAppHarness
) -> None:
    """Meta's own time counts, not the time at which its webhook came through."""
    fabric = on_whatsapp(lab(echo(), manifest=TEMPLATE), meta)
    await wrote(fabric, "hello", ago=25 * HOUR)
    assert got(meta) == ["we_have_an_answer"]


async def test_a_reaction_opens_no_window(lab: Make, meta: WhatsAppHarness) -> None:
    skill = echo()

    @skill.on_activity("messageReaction")
    async def thanks(turn: Turn) -> None:
        turn.state["liked"] = True

    fabric = on_whatsapp(lab(skill, manifest=TEMPLATE), meta)
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR + MINUTE)
    reaction = message(fabric, "")
    reaction.activity["type"] = "messageReaction"
    await accept.accept(fabric, [reaction])
    await work(fabric)
    await tell(fabric, key, "solved")
    assert got(meta) == ["echo: hello", "we_have_an_answer"]


async def test_a_template_that_meta_does_not_know_names_the_key(
    lab: Make, meta: WhatsAppHarness
) -> None:
    fabric = on_whatsapp(lab(echo(), manifest=TEMPLATE), meta)
    key = await wrote(fabric, "hello")
    await shift(fabric, key, 24 * HOUR + MINUTE)
    error = {"error": {"message": "no such template", "code": 132001}}
    meta.service.answers.append(Answer(404, error))
    await tell(fabric, key, "solved")
    [letter] = await letters(fabric)
    assert letter.reason == "whatsapp_132001"
    assert "template_language of [channels.whatsapp]" in letter.record.detail


@pytest.mark.parametrize("manifest", [TEMPLATE, PLAIN], ids=["template", "park"])
@pytest.mark.parametrize("ago", [0.0, 25 * HOUR], ids=["the first message", "back after a day"])
async def test_a_message_opens_the_window_for_the_notice_of_its_own_slow_turn(
    lab: Make, meta: WhatsAppHarness, monkeypatch: pytest.MonkeyPatch, manifest: str, ago: float
) -> None:
    monkeypatch.setattr(lateness, "QUICK", 0.0)
    monkeypatch.setattr(still_working, "AFTER", 0.1)
    skill = Skill("slow", "Slow when asked to be")

    @skill.on_message
    async def think(turn: Turn) -> None:
        while turn.text == "question" and STILL_WORKING not in got(meta):
            await asyncio.sleep(0.02)
            if "we_have_an_answer" in got(meta) or await decided(fabric, turn.event.conversation):
                break
        turn.reply(f"echo: {turn.text}")

    fabric = on_whatsapp(lab(skill, manifest=manifest), meta)
    before = []
    if ago:
        key = await wrote(fabric, "hello")
        await shift(fabric, key, ago)
        before = ["echo: hello"]
    await wrote(fabric, "question")
    assert got(meta) == [*before, STILL_WORKING, "echo: question"]


@pytest.mark.parametrize("manifest", [TEMPLATE, PLAIN])
async def test_a_message_opens_the_window_for_the_apology_too(
    lab: Make, meta: WhatsAppHarness, monkeypatch: pytest.MonkeyPatch, manifest: str
) -> None:
    monkeypatch.setattr(lateness, "QUICK", 0.0)
    skill = Skill("failing", "Fails")

    @skill.on_message
    async def fail(turn: Turn) -> None:
        raise PermanentError("no_account")

    fabric = on_whatsapp(lab(skill, manifest=manifest), meta)
    await wrote(fabric, "question")
    assert got(meta) == [APOLOGY]


@pytest.mark.parametrize("manifest", [TEMPLATE, PLAIN])
async def test_a_message_opens_the_window_for_the_word_that_it_takes_longer(
    lab: Make, meta: WhatsAppHarness, monkeypatch: pytest.MonkeyPatch, manifest: str
) -> None:
    monkeypatch.setattr(lateness, "QUICK", 0.0)
    skill = Skill("failing", "Fails")

    @skill.on_message
    async def wait(turn: Turn) -> None:
        raise Unavailable("the CRM is down", after=60)

    fabric = on_whatsapp(lab(skill, manifest=manifest), meta)
    await wrote(fabric, "question")
    assert got(meta) == [WAITING_TEXT]
