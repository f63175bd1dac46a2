"""What the pipeline decides, as tables: values in, a decision out, no store and no clock."""

from dataclasses import replace

import pytest

from shared.activity import ConversationReference
from shared.errors import Busy, Conflict, Stopped, TransientError, Unavailable, Waits
from shared.event import ACTIVITY, Event
from shared.pipeline.turns.order import overtaken
from shared.pipeline.turns.overlap import MAX_ALONG, MAX_TEXT, behind
from shared.pipeline.turns.park import NOTICE_ATTEMPT, TOLD, Retry, plan_retry
from shared.records.acceptance import Acceptance, Words
from shared.records.change import undisturbed
from shared.records.conversation import MAX_AGE, MAX_CONFLICTS, Conversation

NOON = 1_800_000_000.0
REFERENCE = ConversationReference("lab", "web", "one", user="ann")
EVENT = Event(id="a", type=ACTIVITY, data={"activity": {}}, origin="a", conversation="one")
FACT = replace(EVENT, type="paper.filed", data={})
DOWN = Unavailable("the archive is down")


def talk(**more: object) -> Conversation:
    return replace(Conversation(REFERENCE), **more)  # type: ignore[arg-type]


def note(origin: str, at: float = NOON, *, text: str = "x", sender: str = "ann") -> Acceptance:
    words = Words(text, sender, f"id-{origin}") if text else None
    return Acceptance(origin=origin, skill=f"for-{origin}", at=at, due=NOON, words=words)


@pytest.mark.parametrize(
    ("error", "id", "attempt", "failed"),
    [
        (TransientError("no answer"), "a:echo:1", 1, "no answer"),
        (TransientError(), "a:echo:1", 1, "TransientError"),
        (Waits("behind another"), "a:echo:1", 1, ""),
        (Busy("no place free"), "a:echo:0.1", 0, ""),
        (Stopped("bot lab"), "a:echo:0.1", 0, ""),
    ],
)
def test_only_what_failed_is_a_failure(
    error: TransientError, id: str, attempt: int, failed: str
) -> None:
    plan = plan_retry(talk(), EVENT, error, step="echo", delay=0.5)

    assert (plan.event.id, plan.event.attempt) == (id, attempt)
    assert plan.event.failed.partition(" ")[2] == failed


def test_what_is_stopped_names_what_has_to_start_and_forgets_that_it_failed() -> None:
    failed = replace(EVENT, failed="2027-01-15T08:00:00+00:00 no answer")

    plan = plan_retry(talk(), failed, Stopped("bot lab"), step="echo", delay=60.0)

    assert (plan.stopped_by, plan.tells, plan.event.failed) == ("bot lab", False, "")


@pytest.mark.parametrize(
    ("conversation", "event", "error", "delay", "tells"),
    [
        (talk(), EVENT, DOWN, 1.0, True),
        (talk(), EVENT, DOWN, 0.9, False),
        (talk(), EVENT, TransientError(), 60.0, False),
        (talk(), replace(EVENT, attempt=NOTICE_ATTEMPT), TransientError(), 0.1, True),
        (talk(), replace(EVENT, attempt=NOTICE_ATTEMPT), Waits(), 0.1, True),
        (talk(), replace(EVENT, attempt=NOTICE_ATTEMPT), Busy(), 60.0, False),
        (talk(), replace(EVENT, data={TOLD: True}), DOWN, 60.0, False),
        (talk(), FACT, DOWN, 60.0, False),
        (talk(muted=True), EVENT, DOWN, 60.0, False),
        (talk(parked=[["other", "echo", NOON]]), EVENT, DOWN, 60.0, False),
        (talk(parked=[["a", "echo", NOON]]), EVENT, DOWN, 60.0, True),
    ],
)
def test_the_person_hears_once_that_it_takes_longer(
    conversation: Conversation, event: Event, error: TransientError, delay: float, *, tells: bool
) -> None:
    plan = plan_retry(conversation, event, error, step="echo", delay=delay)

    assert plan.tells is tells
    assert (TOLD in plan.event.data) is (tells or TOLD in event.data)


def test_a_plan_changes_nothing_of_what_it_was_given() -> None:
    conversation = talk()

    assert plan_retry(conversation, EVENT, DOWN, step="echo", delay=5.0) != Retry(EVENT)
    assert (conversation, EVENT.data) == (talk(), {"activity": {}})


@pytest.mark.parametrize(
    ("notes", "blocker"),
    [
        ([], ""),
        ([note("a")], ""),
        ([note("a"), note("b", NOON + 1)], ""),
        ([note("a"), note("b", NOON - 1)], "for-b"),
        ([note("b", NOON - 1), note("c", NOON - 2), note("a")], "for-b"),
        ([note("b"), note("a")], ""),
        ([note("0"), note("a")], "for-0"),
        ([replace(note("b", NOON - 1), due=NOON - MAX_AGE), note("a")], ""),
    ],
    ids=[
        *("alone", "itself", "a later one", "an earlier one", "the first that is listed"),
        *("the same time, behind", "the same time, before", "lost a day ago"),
    ],
)
def test_a_turn_waits_for_what_was_accepted_before(notes: list[Acceptance], blocker: str) -> None:
    assert overtaken(notes, EVENT, NOON) == blocker


SAID = Words("hello", "ann", "id-a")


@pytest.mark.parametrize(
    ("notes", "along"),
    [
        ([note("a")], []),
        ([note("0", NOON - 1), note("a"), note("c", NOON + 2), note("b", NOON + 1)], ["b", "c"]),
        ([note("a"), note("b", NOON + 1, sender="bob"), note("c", NOON + 2)], []),
        ([note("a"), note("b", NOON + 1, text=""), note("c", NOON + 2)], []),
        ([note("a"), note("b", NOON + 1, text="x" * (MAX_TEXT - 6))], ["b"]),
        ([note("a"), note("b", NOON + 1, text="x" * (MAX_TEXT - 5))], []),
        (
            [note(f"{n:03}", NOON + n) for n in range(40)],
            [f"{n:03}" for n in range(1, 1 + MAX_ALONG)],
        ),
    ],
    ids=[
        *("nobody", "in order", "another person", "no plain text", "just fits", "too long"),
        "so many at most",
    ],
)
def test_a_turn_takes_along_what_waits_right_behind(
    notes: list[Acceptance], along: list[str]
) -> None:
    first = EVENT if notes[0].origin != "000" else replace(EVENT, id="000", origin="000")

    assert [each.origin for each in behind(notes, first, SAID)] == along


async def test_what_others_change_meanwhile_is_tried_again_and_not_for_ever() -> None:
    tries: list[int] = []

    async def second() -> str:
        tries.append(1)
        if len(tries) < 2:
            raise Conflict("conversation")
        return "done"

    async def never() -> None:
        tries.append(1)
        raise Conflict("conversation")

    assert await undisturbed(second) == "done"
    tries.clear()
    with pytest.raises(TransientError) as caught:
        await undisturbed(never, after=0.2)
    assert (len(tries), caught.value.after) == (MAX_CONFLICTS, 0.2)
