"""What the pipeline decides, as tables: values in, a decision out, no store and no clock."""

from dataclasses import replace
from typing import Any

import pytest

from shared.activity import Activity, ConversationReference
from shared.errors import Busy, Conflict, Stopped, TransientError, Unavailable, Waits
from shared.event import ACTIVITY, Event
from shared.pipeline.outbox.lateness import Verdict
from shared.pipeline.outbox.plans import (
    LOOK_AGAIN_SECONDS,
    MISSED_SECONDS,
    PATIENCE_SECONDS,
    Pause,
    Step,
    missed_its_slot,
    plan_pause,
    plan_slot,
    plan_step,
)
from shared.pipeline.turns.commit import Plan, plan_commit
from shared.pipeline.turns.order import overtaken
from shared.pipeline.turns.overlap import MAX_ALONG, MAX_TEXT, behind
from shared.pipeline.turns.park import NOTICE_ATTEMPT, TOLD, Retry, plan_retry
from shared.records.acceptance import Acceptance, Words
from shared.records.change import undisturbed
from shared.records.conversation import MAX_AGE, MAX_CONFLICTS, Conversation
from shared.records.effect import Enqueue, Send
from shared.turn import Turn

NOON = 1_800_000_000.0
REFERENCE = ConversationReference("lab", "web", "one", user="ann")
EVENT = Event(id="a", type=ACTIVITY, data={"activity": {}}, origin="a", conversation="one")
FACT = replace(EVENT, type="paper.filed", data={})
DOWN = Unavailable("the archive is down")


def talk(**more: object) -> Conversation:
    return replace(Conversation(REFERENCE), **more)  # type: ignore[arg-type]


def said(*texts: str, **more: Any) -> Turn:
    """A turn that says so."""
    nobody: Any = None
    values: dict[str, Any] = {
        "bot": nobody,
        "skill": nobody,
        "reference": REFERENCE,
        "event": EVENT,
        "activity": Activity(type="message", text="hi"),
        "state": {},
        "skills": (),
        "ai": nobody,
        "knowledge": nobody,
        "now": NOON,
        "replies": [Activity(type="message", text=text) for text in texts],
    }
    return Turn(**(values | more))


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


def message(**more: object) -> Send:
    plain = Send(
        place="outbox:000000000001",
        id="a.0",
        owner="a",
        origin="a",
        made=NOON,
        reference=REFERENCE,
        activity=Activity(type="message", text="hello"),
        not_before=NOON,
        due=NOON,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


SIGN = {"activity": Activity(type="typing")}
COMMAND = Enqueue(
    place="outbox:000000000002", id="b", owner="", origin="a", made=NOON, queue="q", event={}
)


@pytest.mark.parametrize(
    ("effect", "blocked", "step"),
    [
        (message(), False, Step.DO),
        (message(), True, Step.WAIT),
        (message(due=NOON + 60), False, Step.DO),
        (message(**SIGN), True, Step.FORGET),
        (message(**SIGN, due=NOON + 1), False, Step.WAIT),
        (replace(COMMAND, due=NOON), True, Step.DO),
        (replace(COMMAND, due=NOON + 1), False, Step.WAIT),
        (COMMAND, False, Step.DO),
    ],
    ids=[
        *("a message", "behind one that waits", "not due: it holds back the rest"),
        *("a late sign", "a sign that is another's", "a command waits for no message"),
        *("a command of another's", "a command that nobody owns"),
    ],
)
def test_only_messages_wait_for_one_another(effect: Send, step: Step, *, blocked: bool) -> None:
    assert plan_step(effect, NOON, blocked=blocked) is step


SOON, LONG = NOON + 1.0, NOON + PATIENCE_SECONDS + 60


@pytest.mark.parametrize(
    ("effect", "reopened", "pause"),
    [
        (message(), False, Pause(0.0)),
        (message(not_before=NOON - 5, due=NOON - 5), False, Pause(0.0)),
        (message(due=SOON), False, Pause(1.0)),
        (message(not_before=SOON), False, Pause(1.0)),
        (message(due=LONG), False, Pause(wake_at=NOON + LOOK_AGAIN_SECONDS)),
        (message(due=LONG, failures=1), False, Pause(wake_at=LONG)),
        (message(not_before=LONG), False, Pause(wake_at=LONG)),
        (message(not_before=LONG, due=LONG + 20), False, Pause(wake_at=LONG)),
        (message(due=LONG), True, Pause(0.0)),
    ],
    ids=[
        *(
            "now",
            "overdue",
            "leased for a moment",
            "its slot is near",
            "leased by a living process",
        ),
        *("it has failed", "its slot is far", "its slot is far and it is leased", "reopened"),
    ],
)
def test_a_message_is_waited_for_in_place_or_by_a_wake_up(
    effect: Send, pause: Pause, *, reopened: bool
) -> None:
    plan = plan_pause(effect, NOON, reopened=reopened)

    assert plan.seconds == pytest.approx(pause.seconds)
    assert plan.wake_at == (None if pause.wake_at is None else pytest.approx(pause.wake_at))


def test_an_own_message_waits_for_its_slot_alone() -> None:
    assert plan_slot(message(due=LONG), NOON) == Pause(0.0)
    assert plan_slot(message(not_before=LONG), NOON) == Pause(wake_at=LONG)


def test_who_is_far_behind_the_slot_needs_another() -> None:
    assert not missed_its_slot(message(), NOON + MISSED_SECONDS)
    assert missed_its_slot(message(), NOON + MISSED_SECONDS + 0.01)


@pytest.mark.parametrize(
    ("muted", "mutes", "late", "breaks", "heard"),
    [
        (False, False, None, False, True),
        (False, True, None, False, True),  # the word with which it falls silent
        (True, True, None, False, False),
        (True, True, None, True, True),
        (True, False, None, False, True),  # the word with which it speaks again
        (True, True, Verdict("taken_over", "drop"), False, False),
        (True, True, Verdict("taken_over", "prefix"), False, True),
    ],
)
def test_who_was_taken_over_from_is_silent(
    muted: bool, mutes: bool, late: Verdict | None, breaks: bool, heard: bool
) -> None:
    turn = said("hello", muted=mutes, breaks_silence=breaks)

    plan = plan_commit(turn, late, muted=muted)

    assert [reply.text for reply in plan.replies] == (["hello"] if heard else [])
    assert plan.drops is not heard
    assert not plan.leaves


def test_nothing_is_dropped_where_nothing_is_said() -> None:
    assert plan_commit(said(muted=True), None, muted=True) == Plan(())


def test_where_the_bot_was_taken_out_nothing_is_heard() -> None:
    gone = Activity(type="installationUpdate", action="remove")

    assert plan_commit(said("bye", activity=gone), None, muted=False) == Plan((), leaves=True)
