"""A form that a conversation fills: one declaration, a card where there are cards, words elsewhere.

What it knows is a draft in the skill's state, one for each person: so it survives a restart, can
be taken up again after days, and belongs to who began it. `session` is what it does with a
message.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.dialogue.forms import draft as drafts
from shared.dialogue.forms.card import CANCEL, RESERVED, submitted
from shared.dialogue.forms.draft import Draft, person_of
from shared.dialogue.forms.slot import Answers, Slot
from shared.dialogue.forms.wording import Wording
from shared.dialogue.phrases import phrase
from shared.skill import Skill
from shared.turn import FLOOR_RETURNED, Button, Turn

if TYPE_CHECKING:
    from shared.dialogue.forms.session import Session

Complete = Callable[[Turn, Answers], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Form:
    """Slots in the order of their questions; what to ask in the end, and to say on cancelling.

    `opening` is said when it begins. A draft that nobody went on with is dropped after `days`.
    """

    name: str
    slots: Sequence[Slot]
    confirm: Wording
    cancelled: Wording
    opening: Wording = ""
    days: int = 14

    def __post_init__(self) -> None:
        names = [slot.name for slot in self.slots]
        if len(set(names)) < len(names) or RESERVED & set(names):
            raise ValueError(
                f"form {self.name}: every slot needs a name of its own, and none of "
                f"{', '.join(sorted(RESERVED))}; they are {', '.join(names)}"
            )

    def on_complete(self, skill: Skill) -> Callable[[Complete], Complete]:
        """Let the form hear what is said to `skill`; the decorated handler gets the answers."""

        def register(handler: Complete) -> Complete:
            @skill.on_message
            async def hear(turn: Turn) -> None:
                if (answers := self.hear(turn)) is not None:
                    await handler(turn, answers)

            self.returns_to(skill)
            return handler

        return register

    def returns_to(self, skill: Skill) -> None:
        """Go on by itself when the bot has answered a question in between."""

        @skill.on_event(FLOOR_RETURNED)
        async def go_on(turn: Turn) -> None:
            self.go_on(turn)

    def go_on(self, turn: Turn) -> None:
        """Ask again what was open before a question in between."""
        if self.is_open(turn) and not turn.muted:
            self.ask(turn)

    def hear(self, turn: Turn, text: str | None = None) -> Answers | None:
        """Take what a person says or sends; all answers once they are confirmed.

        Opens the form when this person has none. `text` is what was said where that is not
        the whole of the message, such as without its command.
        """
        said = _without_command(turn.text) if text is None else text
        if card := submitted(turn.value):
            return self._card(turn, *card)
        by_floor = _came_by_floor(turn)
        session = self._session(turn)
        if session is None and by_floor:
            turn.hand_off(turn.bot.default_skill)
        elif session is None:
            self.open(turn, text=said)
        elif turn.floor == turn.skill.name and (said or not turn.text.lstrip().startswith("/")):
            return session.hear(said)
        else:
            return session.take_up(said)
        return None

    def open(self, turn: Turn, answers: Answers | None = None, *, text: str = "") -> None:
        """Begin anew with what is known already, and with what `text` says."""
        self._at_work(turn, Draft.begun(turn, dict(answers or {}))).begin(text)

    def is_open(self, turn: Turn) -> bool:
        """Whether this person's form has the floor; one that was interrupted is only a draft."""
        return turn.floor == turn.skill.name and self.has_draft(turn)

    def has_draft(self, turn: Turn) -> bool:
        return self._session(turn) is not None

    def answers(self, turn: Turn) -> Answers:
        """What this person has answered so far."""
        session = self._session(turn)
        return dict(session.draft.answers) if session else {}

    def ask(self, turn: Turn) -> None:
        """Put the question that is open once more, with the card."""
        if session := self._session(turn):
            session.ask(opening=True)

    def _card(self, turn: Turn, id: str, action: str) -> Answers | None:
        """What a card submitted: only the card of a form that this person has open counts."""
        session = self._session(turn)
        if session and session.draft.id == id:
            if action != CANCEL:
                return session.submit()
            session.cancel()
            return None
        sentence = "form.not-yours" if drafts.owner_of(turn, self.name, id) else "form.stale"
        button = "form.go-on-button" if session else "form.begin-button"
        again = Button(phrase(turn.language, button), f"/{turn.skill.name}")
        turn.reply(phrase(turn.language, sentence), buttons=[again])
        return None

    def _session(self, turn: Turn) -> "Session | None":
        """The person's draft at work; one that is too old is dropped."""
        draft = Draft.load(turn, self.name, person_of(turn))
        if draft is None:
            return None
        session = self._at_work(turn, draft)
        if turn.now - draft.at <= self.days * 86_400:
            return session
        session.close()
        return None

    def _at_work(self, turn: Turn, draft: Draft) -> "Session":
        """The draft in this turn; what reads words is loaded when somebody fills a form."""
        from shared.dialogue.forms.session import Session

        return Session(self, turn, draft)


def _came_by_floor(turn: Turn) -> bool:
    """Whether only the floor brought the message here: a form of somebody else's in a group
    may hold it, or one of this person's that is too old."""
    by_floor = turn.floor == turn.skill.name and turn.event.hops == 0
    elsewhere = turn.bot.default_skill != turn.skill.name
    return by_floor and elsewhere and not turn.text.lstrip().startswith("/")


def _without_command(text: str) -> str:
    """What follows a command such as /rooms."""
    if not text.lstrip().startswith("/"):
        return text.strip()
    _, *rest = text.split(maxsplit=1)
    return rest[0].strip() if rest else ""
