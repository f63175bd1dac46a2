"""A bot that hears has voice notes routed like text, and listens once for all its skills."""

from collections.abc import AsyncIterator

import pytest

from functions.skills import router
from shared.records.seen import transcripts
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.openai.faults import Fault
from stand_ins.speech.sound import Recording, record
from tests.lab import Lab
from tests.unit.media.senses import Make, Services, file, heard, running

VOICE = file(record(Recording("book a room for tomorrow", 2.0)), "audio/ogg")
GERMAN = file(record(Recording("Ich möchte bitte einen Raum buchen", 2.0, "de-DE")), "audio/ogg")


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    async with running() as found:
        yield found


def rooms() -> Skill:
    skill = Skill("rooms", "Books rooms", ["book a room"], ["Is a room free?"])

    @skill.on_message
    async def book(turn: Turn) -> None:
        turn.reply(f"{turn.language}: {turn.text} ({len(turn.attachments)})")

    return skill


def hearing(lab: Make, services: Services, manifest: str = "voice = true") -> Lab:
    """The key stands before any table."""
    folder_keys = f'languages = ["en", "de"]\n{manifest}'
    made = lab(router.skill, rooms(), head=folder_keys)
    return services.connect(made)


async def test_a_voice_note_is_routed_like_text_and_heard_once(
    lab: Make, services: Services
) -> None:
    fabric = hearing(lab, services)

    assert await heard(fabric, "", VOICE) == ["en: book a room for tomorrow (1)"]
    assert len(services.speech.asked) == 1


async def test_it_is_answered_in_the_language_that_it_is_in(lab: Make, services: Services) -> None:
    fabric = services.connect(lab(rooms(), head='languages = ["en", "de"]\nvoice = true'))
    [said] = await heard(fabric, "", GERMAN)

    assert said.startswith("de: ")


async def test_what_is_said_is_in_the_transcript(lab: Make, services: Services) -> None:
    fabric = hearing(lab, services)
    key = await fabric.say("", attachments=[VOICE])
    await fabric.drain()

    said = [item.body["text"] async for item in transcripts(fabric.store, key)]
    assert set(said) == {"book a room for tomorrow"}


async def test_what_is_written_beside_it_stands_first(lab: Make, services: Services) -> None:
    [said] = await heard(hearing(lab, services), "/rooms now:", VOICE)

    assert said == "en: /rooms now:\nbook a room for tomorrow (1)"


async def test_a_bot_that_does_not_declare_it_hears_nothing(lab: Make, services: Services) -> None:
    fabric = hearing(lab, services, "voice = false")

    assert await heard(fabric, "", VOICE) == ["Thank you. What would you like me to do with it?"]
    assert services.speech.asked == []


async def test_silence_is_told_and_nothing_is_routed(lab: Make, services: Services) -> None:
    silent = file(record(Recording("", 2.0)), "audio/ogg")
    [said] = await heard(hearing(lab, services), "", silent)

    assert said.startswith("I heard nothing in that recording.")


async def test_while_a_person_answers_they_listen_themselves(lab: Make, services: Services) -> None:
    desk = Skill("desk", "Hands over")

    @desk.on_message
    async def hand_over(turn: Turn) -> None:
        turn.muted = True
        turn.reply("a person comes")

    fabric = services.connect(lab(desk, head="voice = true"))
    assert await heard(fabric, "help") == ["a person comes"]
    await heard(fabric, "", VOICE)

    assert services.speech.asked == []


async def test_a_turn_that_fails_after_listening_is_heard_again_and_both_are_on_the_bill(
    lab: Make, services: Services
) -> None:
    failing = [True]
    late = Skill("late", "Fails once")

    @late.on_message
    async def answer(turn: Turn) -> None:
        if failing and failing.pop():
            await turn.translate("Danke!", "en")
        turn.reply(turn.text)

    fabric = services.connect(lab(late, head="voice = true"))
    services.translator.fail(Fault("drop"))
    key = await fabric.say("", attachments=[VOICE])
    await fabric.drain()

    assert fabric.heard()[-1] == "book a room for tomorrow"
    entries = await fabric.entries(key)
    meters = [call.meter for entry in entries for call in entry.service_calls]
    assert meters.count("speech.seconds") == len(services.speech.asked) == 2
