"""Asking for a person; from then on the bot is silent, until somebody brings it back.

State: `offered`, what was said, while a person is offered; `waiting`, the request, while it is
open. The floor stays here, so that nothing else hears what is meant for the colleague.
"""

import base64

from shared.dialogue.answering import quote_article
from shared.dialogue.desk import Desk
from shared.dialogue.forms.draft import person_of
from shared.dialogue.forms.manner import agrees
from shared.dialogue.person_wish import asks_how_long, wakes_bot, wants_person
from shared.dialogue.phrases import phrase
from shared.dialogue.urgent import urgent
from shared.event import event_id
from shared.records.waiting import Waiting
from shared.turn import Button, Turn

LONGEST = 500
"""Characters of what was said that are kept as the reason."""


async def ask(turn: Turn) -> None:
    waiting = _waiting(turn)
    if waiting and turn.muted:
        await wait_on(turn, waiting)
    elif wakes_bot(turn.text):
        _say(turn, "here")
    elif "offered" in turn.state:
        decide(turn)
    elif turn.text.lstrip().startswith("/") or wants_person(turn.text):
        request(turn, turn.text)
    else:
        offer(turn)


async def closed(turn: Turn) -> None:
    """Only what closes the request that is open: an older one changes nothing."""
    meant = turn.event.subject or turn.data.get("id")
    waiting = _waiting(turn)
    if waiting is None or (meant and meant != waiting.id):
        return
    nobody, was_muted = turn.data.get("why") == "nobody", turn.muted
    desk = _desk(turn)
    if nobody and was_muted and not waiting.is_answered and not desk.is_open(turn.now):
        go_on_beside(turn, waiting)
        _say(turn, "nobody-yet", request=waiting.id, hours=desk.shown)
    elif was_muted:
        wake(turn)
        _say(turn, "nobody" if nobody else "closed")
    else:
        wake(turn)
        _say(turn, "unanswered" if nobody else "closed-kept", request=waiting.id)
    _show_waiting(turn, False)


async def wait_on(turn: Turn, waiting: Waiting) -> None:
    """A message while somebody waits: for the bot, about the waiting, or for the colleague.

    What cannot wait for a colleague either is answered, as long as none is there.
    """
    if wakes_bot(turn.text):
        resume(turn, waiting)
        return
    if turn.text.strip():
        keep(turn, waiting.heard("person", turn.text.strip(), turn.now))
    if waiting.is_answered:
        return
    if topic := urgent(turn.bot, turn.text):
        turn.break_silence()
        if not (topic.is_article and await quote_article(turn, topic.says, turn.text)):
            turn.reply(topic.says)
    elif asks_how_long(turn.text):
        tell_status(turn, waiting)


def tell_status(turn: Turn, waiting: Waiting) -> None:
    turn.break_silence()
    minutes = int((turn.now - waiting.since) // 60)
    sentence = "handoff.status" if minutes > 0 else "handoff.status-new"
    said = phrase(turn.language, sentence, request=waiting.id, minutes=minutes)
    turn.reply(" ".join([said, *_desk(turn).told()]), buttons=[_back_button(turn)])


def offer(turn: Turn) -> None:
    """Silence is a lot to give for a guess: without the word for it, a person is offered first.

    In between a form there is only a button: its next question is not to be lost.
    """
    if turn.is_in_between:
        title = phrase(turn.language, "handoff.action")
        button = Button(title, f"/{turn.skill.name} {turn.text.strip()[:LONGEST]}")
        turn.reply(phrase(turn.language, "handoff.offer"), buttons=[button])
        return
    turn.state["offered"] = turn.text.strip()[:LONGEST]
    turn.hold_floor()
    buttons = [phrase(turn.language, f"form.{name}-button") for name in ("yes", "no")]
    turn.reply(phrase(turn.language, "handoff.offer"), buttons=buttons)


def decide(turn: Turn) -> None:
    """Yes or no to the offer; anything else is none of it, and goes where it would have gone."""
    said = turn.state.pop("offered")
    turn.release_floor()
    match agrees(turn.text):
        case True:
            request(turn, said)
        case False:
            _say(turn, "declined")
        case None if turn.bot.default_skill != turn.skill.name:
            turn.hand_off(turn.bot.default_skill)
        case None:
            request(turn, f"{said} {turn.text}")


def request(turn: Turn, said: str) -> None:
    """Note who waits, tell what will really happen, and fall silent."""
    command, _, rest = said.strip().partition(" ")
    reason = (rest.strip() if command.startswith("/") else said.strip())[:LONGEST]
    desk, minutes = _desk(turn), turn.bot.handoff.return_after_minutes
    earlier = _waiting(turn)
    waiting = earlier or _new(turn, reason)
    keep(turn, waiting.until(turn.now + minutes * 60))
    if earlier is None:
        data = {"id": waiting.id, "reason": reason, "bot": turn.bot.id}
        turn.emit("handoff.requested", data, subject=waiting.id)
    is_open = desk.is_open(turn.now)
    sentence = "handoff.asked" if is_open else "handoff.closed-now"
    names = {"request": waiting.id, "minutes": minutes, "hours": desk.shown}
    text = phrase(turn.language, sentence, **names)
    turn.reply(" ".join([text, *desk.told(hours=is_open)]), buttons=[_back_button(turn)])
    banner = phrase(turn.language, "handoff.banner")
    _show_waiting(turn, {"text": banner, "button": phrase(turn.language, "handoff.back-button")})
    turn.mute()
    turn.hold_floor()


def resume(turn: Turn, waiting: Waiting) -> None:
    """Withdraw the request, unless nobody can have answered it yet: then it stays beside."""
    if waiting.is_answered or _desk(turn).is_open(turn.now):
        wake(turn)
        data = {"id": waiting.id, "bot": turn.bot.id}
        turn.emit("handoff.withdrawn", data, subject=waiting.id)
        _say(turn, "back")
    else:
        go_on_beside(turn, waiting)
        _say(turn, "back-kept", request=waiting.id)
    _show_waiting(turn, False)


def go_on_beside(turn: Turn, waiting: Waiting) -> None:
    """Help on while the request waits until somebody is there, and has had the time to answer."""
    keep(turn, waiting.until(_desk(turn).return_at(turn.now)))
    turn.unmute()
    turn.release_floor()


def wake(turn: Turn) -> None:
    turn.state.clear()
    turn.wait_no_more()
    turn.unmute()
    turn.release_floor()


def keep(turn: Turn, waiting: Waiting) -> None:
    turn.state["waiting"] = waiting.to_dict()
    turn.wait_for_person(waiting)


def _new(turn: Turn, reason: str) -> Waiting:
    digest = bytes.fromhex(event_id("handoff", turn.event.conversation, turn.event.work_id))
    id = f"H-{base64.b32encode(digest).decode()[:8]}"
    return Waiting(
        *(id, turn.bot.id, turn.skill.name, reason, turn.now, turn.now), person=person_of(turn)
    )


def _waiting(turn: Turn) -> Waiting | None:
    kept = turn.state.get("waiting")
    return Waiting.of(kept) if isinstance(kept, dict) else None


def _desk(turn: Turn) -> Desk:
    return Desk.of(turn.bot.handoff, turn.language)


def _back_button(turn: Turn) -> Button:
    return Button(phrase(turn.language, "handoff.back-button"), "/bot")


def _show_waiting(turn: Turn, shown: object) -> None:
    """Tell the page whether to show that a person is waited for, and in which words."""
    turn.replies[-1]["fabricWaiting"] = shown


def _say(turn: Turn, id: str, **names: object) -> None:
    turn.reply(phrase(turn.language, f"handoff.{id}", **names))
