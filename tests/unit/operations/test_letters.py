"""What is dead can be listed, explained, sent again in order and once, or dismissed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.errors import PermanentError, ReferenceGone, TransientError
from shared.event import Event
from shared.operations.deeds import letters as letter_deeds
from shared.operations.reports import letters as letter_report
from shared.operations.reports.books import balanced, books
from shared.operations.reports.period import Period
from shared.pipeline.turns.bury import bury_body
from shared.records import dead_letter
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab

Make = Callable[..., Lab]


@pytest.fixture
def mended() -> list[bool]:
    """Not empty once the backend behind the skill works."""
    return []


@pytest.fixture
def fabric(lab: Make, mended: list[bool]) -> Lab:
    skill = Skill("orders", "Looks orders up")

    @skill.on_message
    async def look(turn: Turn) -> None:
        if not mended:
            raise PermanentError("order_gone", "no such table")
        turn.reply(f"found {turn.text}")

    return lab(skill)


async def dead(fabric: Lab, *texts: str) -> list[letter_report.Letter]:
    for text in texts:
        await fabric.say(text)
        await fabric.drain()
    return await letter_report.letters(fabric)


async def test_a_letter_says_why_and_where_but_not_what_was_said(fabric: Lab) -> None:
    [letter] = await dead(fabric, "a secret order")

    said = letter.explain()

    assert said["reason"] == "order_gone"
    assert said["detail"] == "no such table"
    assert (said["bot"], said["queue"], said["attempts"]) == ("lab", "skill-orders", 1)
    assert said["conversation"] == letter.conversation
    assert said["trace"]
    assert "secret" not in str(said)


async def test_letters_are_chosen_by_bot_queue_and_reason(fabric: Lab) -> None:
    [letter] = await dead(fabric, "1")

    assert await letter_report.letters(fabric, bot="lab", queue="skill-orders", reason="order_gone")
    others: list[dict[str, Any]] = [{"bot": "x"}, {"queue": "skill-x"}, {"reason": "x"}]
    for other in [*others, {"died": Period(until=letter.at)}, {"died": Period(letter.at + 1)}]:
        assert not await letter_report.letters(fabric, **other)
    assert letter.record.kind == dead_letter.EVENT


async def test_redriven_letters_are_answered_in_order_and_once(
    fabric: Lab, mended: list[bool]
) -> None:
    letters = await dead(fabric, "1", "2", "3")
    mended.append(True)

    for letter in letters:
        await letter_deeds.redrive(fabric, letter)
        await letter_deeds.redrive(fabric, letter)
    await fabric.drain()

    assert fabric.heard()[3:] == ["found 1", "found 2", "found 3"]
    assert await letter_report.letters(fabric) == []
    count = await books(fabric)
    assert (count["done"], count["dead"]) == (3, 0)
    assert balanced(count)


async def test_what_fails_again_is_dead_again_and_can_be_redriven_again(
    fabric: Lab, mended: list[bool]
) -> None:
    [letter] = await dead(fabric, "1")
    await letter_deeds.redrive(fabric, letter)
    await fabric.drain()

    [again] = await letter_report.letters(fabric)
    assert again.explain()["attempts"] == 2
    mended.append(True)
    await letter_deeds.redrive(fabric, again)
    await fabric.drain()

    assert fabric.heard()[-1] == "found 1"


async def test_a_redriven_letter_may_wait_for_a_backend(lab: Make) -> None:
    """Its retries must not be taken for those before its death."""
    errors: list[Exception] = [
        TransientError("down", after=0),
        TransientError("down", after=0),
        PermanentError("broken"),
        TransientError("down", after=0),
        TransientError("down", after=0),
    ]
    skill = Skill("orders", "Looks orders up")

    @skill.on_message
    async def look(turn: Turn) -> None:
        if errors:
            raise errors.pop(0)
        turn.reply("found")

    fabric = lab(skill)
    [letter] = await dead(fabric, "1")
    await letter_deeds.redrive(fabric, letter)
    await fabric.drain()

    assert fabric.heard()[-1] == "found"


async def test_a_reply_that_could_not_be_sent_is_sent_again(
    fabric: Lab, mended: list[bool]
) -> None:
    mended.append(True)
    fabric.memory.failures = [ReferenceGone("blocked", "the bot was blocked")]
    [letter] = await dead(fabric, "1")
    assert (letter.record.kind, letter.queue, letter.bot) == ("send", "web", "lab")

    await letter_deeds.redrive(fabric, letter)
    await letter_deeds.redrive(fabric, letter)
    await fabric.drain()

    assert fabric.heard() == ["found 1"]
    assert await letter_report.letters(fabric) == []


async def test_a_discarded_letter_is_listed_no_more_and_stays_in_the_books(fabric: Lab) -> None:
    [letter] = await dead(fabric, "1")

    await letter_deeds.discard(fabric, letter)

    assert await letter_report.letters(fabric) == []
    assert (await books(fabric))["dead"] == 1


async def test_what_is_no_event_can_only_be_discarded(fabric: Lab) -> None:
    await bury_body(fabric, "not ours", "not_an_event", queue="skill-orders")
    [letter] = await letter_report.letters(fabric)
    assert (letter.record.kind, letter.queue) == (dead_letter.BODY, "skill-orders")

    with pytest.raises(PermanentError, match="only discard"):
        await letter_deeds.redrive(fabric, letter)


async def test_an_event_too_large_to_keep_leaves_its_envelope(fabric: Lab) -> None:
    [small] = await dead(fabric, "1")
    event = Event.from_dict(small.record.event or {})
    large = replace(event, id="large", data={**event.data, "x": "x" * 600_000})

    await bury_body(fabric, large.to_json(), "handler_error", queue="skill-orders")

    letter = next(one for one in await letter_report.letters(fabric) if one.id == "large")
    assert Event.from_dict(letter.record.event or {}).data["omitted_bytes"] > 600_000
    with pytest.raises(PermanentError, match="too large"):
        await letter_deeds.redrive(fabric, letter)


async def test_the_first_error_and_the_last_are_told_with_their_times(lab: Make) -> None:
    errors: list[Exception] = [
        TransientError("the till is down", after=0),
        TransientError("the till is slow", after=0),
        PermanentError("broken", "no such till"),
        PermanentError("broken_again"),
    ]
    skill = Skill("orders", "Looks orders up")

    @skill.on_message
    async def look(turn: Turn) -> None:
        raise errors.pop(0)

    fabric = lab(skill)
    [letter] = await dead(fabric, "a secret")
    said = letter.explain()

    assert said["first_error"]["error"] == "the till is down"
    assert said["last_error"]["error"] == "broken: no such till"
    assert said["began"] <= said["first_error"]["at"] < said["last_error"]["at"] == said["died"]
    assert said["attempts"] == 3
    assert "secret" not in str(said)

    await letter_deeds.redrive(fabric, letter)
    await fabric.drain()
    [again] = await letter_report.letters(fabric)
    assert again.explain()["first_error"] == said["first_error"]
    assert again.explain()["last_error"]["error"] == "broken_again"


async def test_the_first_error_of_a_bug_is_told_too(lab: Make) -> None:
    """Its message is delivered again as it is, and cannot tell."""
    errors: list[Exception] = [KeyError("a"), ZeroDivisionError()]
    skill = Skill("orders", "Looks orders up")

    @skill.on_message
    async def look(turn: Turn) -> None:
        raise errors.pop(0) if errors else ValueError

    [letter] = await dead(lab(skill), "1")
    said = letter.explain()

    assert said["first_error"]["error"] == "KeyError"
    assert said["last_error"]["error"] == "handler_error: ValueError"
    assert said["first_error"]["at"] < said["last_error"]["at"]
    assert said["attempts"] == 10


async def test_waiting_behind_earlier_work_is_no_error(lab: Make) -> None:
    errors: list[Exception] = [TransientError("down", after=0.3)]
    skill = Skill("orders", "Looks orders up")

    @skill.on_message
    async def look(turn: Turn) -> None:
        if turn.text == "1" and errors:
            raise errors.pop(0)
        if turn.text == "2":
            raise PermanentError("broken")

    fabric = lab(skill)
    await fabric.say("1")
    await fabric.say("2")
    await fabric.drain()
    [letter] = await letter_report.letters(fabric)

    assert letter.explain()["attempts"] > 1
    assert letter.explain()["first_error"] == letter.explain()["last_error"]


async def test_the_errors_of_a_reply_are_told(fabric: Lab, mended: list[bool]) -> None:
    mended.append(True)
    fabric.memory.failures = [
        TransientError("throttled", after=0),
        TransientError("slow", after=0),
        ReferenceGone("blocked", "the bot was blocked"),
    ]
    [letter] = await dead(fabric, "a secret")
    said = letter.explain()

    assert said["first_error"]["error"] == "throttled"
    assert said["last_error"]["error"] == "blocked: the bot was blocked"
    assert said["attempts"] == 3
    assert len(said["trace"]) == 32
    assert "secret" not in str(said)


async def test_what_is_dismissed_keeps_its_reason_and_loses_its_words(
    fabric: Lab, mended: list[bool]
) -> None:
    await dead(fabric, "a secret order")
    mended.append(True)
    fabric.memory.failures = [PermanentError("blocked", "the person has blocked the bot")]
    await fabric.say("another secret")
    await fabric.drain()
    await bury_body(fabric, "secret bytes", "not_an_event", queue="skill-orders")

    for letter in await letter_report.letters(fabric):
        await letter_deeds.discard(fabric, letter)

    kept = await fabric.store.find(None, dead_letter.PREFIX)
    assert sorted(item.body["reason"] for item in kept) == ["blocked", "not_an_event", "order_gone"]
    assert "secret" not in str([item.body for item in kept])
    assert [dead_letter.DeadLetter.from_item(item).bot for item in kept].count("lab") == 2
