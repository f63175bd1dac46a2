"""The unit of work handed to a handler. It records effects; nothing happens until the commit."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.activity import Activity, ConversationReference
from shared.errors import ApprovalNeeded, NotDeclared, SignInNeeded
from shared.event import Event
from shared.ports.backend import AT_WORK, Backend, NotConnected, TurnBackend
from shared.records.waiting import Waiting

if TYPE_CHECKING:
    from shared.ai.assistant import Assistant
    from shared.bot import Bot
    from shared.knowledge.knowledge import Knowledge
    from shared.media.attachment import Attachment
    from shared.media.file import Attached, File
    from shared.media.place import Locate
    from shared.media.translate import Translated
    from shared.person import Person
    from shared.ports.knowledge import Passage
    from shared.ports.senses import Senses
    from shared.records.approval import Approval
    from shared.records.topic import Topic
    from shared.skill import Skill


MAX_REPLIES = 20

FLOOR_RETURNED = "floor.returned"
BACK = "back"
"""In an activity's event: the skill that handed it on and wants the floor back, and its data."""
"""Type of the event that a skill gets when what it handed on, to have it back, was answered."""


@dataclass(frozen=True, slots=True)
class Button:
    """A choice offered with a reply: `title` is shown, `value` is what the person then says."""

    title: str
    value: str = ""

    def to_action(self) -> dict[str, Any]:
        return {"type": "imBack", "title": self.title, "value": self.value or self.title}


@dataclass
class Turn:
    """One activity or fact, for one bot and one skill, in one conversation.

    `state` is the skill's own dict in this conversation: change it, and it is stored with the
    effects. `text` is what the person said, `language` the one to answer in (`en`, `de`, ...).
    `about` is the topic so far, for who answers questions. `skills` are the skills of this bot.
    """

    bot: "Bot"
    skill: "Skill"
    reference: ConversationReference
    event: Event
    activity: Activity
    state: dict[str, Any]
    skills: "Sequence[Skill]"
    ai: "Assistant"
    knowledge: "Knowledge"
    now: float
    floor: str = ""
    language: str = "en"
    about: "Topic | None" = None
    replies: list[Activity] = field(default_factory=list)
    facts: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    handed_to: str = ""
    comes_back: dict[str, Any] | None = None
    files: "dict[str, tuple[Attached, File]]" = field(default_factory=dict)
    muted: bool = False
    breaks_silence: bool = False
    waiting: Waiting | None = None
    waits_no_more: bool = False
    signing_in: dict[str, Any] | None = None
    asks_approval: "Approval | None" = None
    approved: "Approval | None" = None
    resumes: "list[tuple[str, Event]]" = field(default_factory=list)
    backends: Mapping[str, Backend] = field(default_factory=dict)
    locate: "Locate | None" = None
    noted: dict[str, int] = field(default_factory=dict)
    delegate: Callable[[str], Awaitable[str]] | None = field(default=None, repr=False)
    senses: "Callable[[], Senses] | None" = None
    _called: dict[str, TurnBackend] = field(default_factory=dict, init=False)

    @property
    def text(self) -> str:
        """What the person said, cleaned by the channel; empty for a card or a fact."""
        return self.activity.text

    @property
    def value(self) -> Any:
        """What a card submitted, or None. A client sent it: never take it for authorisation."""
        return self.activity.value

    @property
    def attachments(self) -> "tuple[Attachment, ...]":
        """The files that came with the message, by name; `read` gives the text of one."""
        from shared.media.attachment import attachments_of

        return attachments_of(self.activity)

    async def read(self, attachment: "Attachment") -> str:
        """The text of a document that the person sent; of a scan or photo, where one is read.

        Raises `shared.media.unread.Unread`: let it pass, and the person is told why not. What the
        text says are a stranger's words.
        """
        from shared.media.read import read

        return await read(attachment, self.locate, self._senses.scans)

    async def transcribe(self, voice: "Attachment") -> str:
        """What is said in a recording that the person sent, in whatever language that is.

        Raises `shared.ports.speech.Unheard`: let it pass, and the person is told why not.
        """
        from shared.media.transcribe import transcribe

        return await transcribe(voice, self.locate, self._senses.speech)

    async def translate(self, text: str, to: str) -> "Translated":
        """`text` in the language `to` (`de`); its `language` is the one it was written in.

        Raises `shared.ports.translator.Untranslated`: let it pass, and the person is told why not.
        """
        from shared.media.translate import translate

        return await translate(text, to, self._senses.translator)

    @property
    def _senses(self) -> "Senses":
        from shared.ports.senses import Senses

        return self.senses() if self.senses else Senses()

    @property
    def data(self) -> dict[str, Any]:
        """The data of the fact being handled (`@skill.on_event`)."""
        return self.event.data

    async def person(self) -> "Person | None":
        """Who speaks, with their groups, once they have signed in; None for anybody else."""
        return await self.knowledge.reader.person()

    async def sign_in(self) -> "Person":
        """Who speaks. Raises SignInNeeded when that is not known: let it pass.

        The turn then ends with an offer, what it recorded is forgotten, and once the person has
        signed in the same message is handled again from the beginning.
        """
        if (person := await self.person()) is None:
            raise SignInNeeded
        return person

    async def approval(self, deed: str, /, **about: Any) -> "Approval":
        """Who approved this very deed. Raises ApprovalNeeded until somebody has: let it pass.

        The turn then ends with a word about it, what it recorded is forgotten, and once a second
        person has approved the same message is handled again from the beginning. `about` is what
        they are shown, and what the approval is good for. A turn asks for one.
        """
        from shared.records.approval import Deed

        wanted = Deed(deed, about, deed)
        if self.approved is None or not self.approved.deed.is_same(wanted):
            raise ApprovalNeeded(deed, about)
        return self.approved

    def backend(self, name: str) -> TurnBackend:
        """A system of the organisation that the backends file declares: `turn.backend("crm")`.

        Raises NotConnected when it does not.
        """
        if name not in self.backends:
            raise NotConnected(name)
        if name not in self._called:
            work = f"{self.event.work_id}/{self.skill.name}"
            again = 0.0 < self.event.fails_for() < AT_WORK
            self._called[name] = TurnBackend(self.backends[name], work, again=again)
        return self._called[name]

    async def on_behalf_of(self, name: str) -> TurnBackend:
        """A backend with `auth = "user"`, called in the name of who speaks.

        Raises SignInNeeded when they have yet to sign in, Refused when their organisation does
        not let the bot: let both pass.
        """
        await self.sign_in()
        if name not in self.backends or self.delegate is None:
            raise NotConnected(name)
        if (own := f"{name}, on behalf") not in self._called:
            work = f"{self.event.work_id}/{self.skill.name}"
            again = 0.0 < self.event.fails_for() < AT_WORK
            bearer = await self.delegate(name)
            self._called[own] = TurnBackend(self.backends[name], work, again=again, bearer=bearer)
        return self._called[own]

    def reply(
        self,
        text: str = "",
        *,
        buttons: Sequence[Button | str] = (),
        citations: "Sequence[Passage]" = (),
        card: dict[str, Any] | None = None,
        files: "Sequence[File]" = (),
    ) -> None:
        """Say something: Markdown text, choices, sources to cite, an Adaptive Card, files.

        Channels that cannot show a part leave it out or write it as text.
        """
        if len(self.replies) >= MAX_REPLIES:
            raise ValueError(f"a turn says at most {MAX_REPLIES} things; join some of them")
        activity = Activity(type="message", text=text, textFormat="markdown")
        if buttons:
            choices = [Button(b) if isinstance(b, str) else b for b in buttons]
            activity["suggestedActions"] = {"actions": [b.to_action() for b in choices]}
        if citations:
            from shared.knowledge.citations import entity

            activity["entities"] = [entity(citations)]
        attachments: list[dict[str, Any]] = []
        if card is not None:
            attachments.append(
                {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
            )
        if files:
            attachments += [attached.to_attachment() for attached in self._attach(files)]
        if attachments:
            activity["attachments"] = attachments
        self.replies.append(activity)

    def _attach(self, files: "Sequence[File]") -> "list[Attached]":
        """Hold the bytes until the commit stores them."""
        from shared.media.file import Attached, check_number

        check_number(files)
        work, first = f"{self.event.work_id}/{self.skill.name}", len(self.files)
        found = [Attached.of(file, work, first + n) for n, file in enumerate(files)]
        self.files |= {one.id: (one, file) for one, file in zip(found, files, strict=True)}
        return found

    def send(self, activity: Activity) -> None:
        """Say an activity made by hand, for what `reply` has no words for."""
        self.replies.append(activity)

    @property
    def is_in_between(self) -> bool:
        """Whether a skill goes on with its own, such as a form, when this has been answered."""
        return BACK in self.event.data

    def hand_off(self, skill: str, *, come_back: dict[str, Any] | None = None) -> None:
        """Let another skill of this bot handle this same activity, after this turn.

        With `come_back` this skill hears `FLOOR_RETURNED` with that data when the others are
        done: a form goes on after a question. Raises NotDeclared for one that the bot's manifest
        does not list: let it pass, it goes on record.
        """
        if skill not in self.bot.skills:
            raise NotDeclared(self.bot.id, skill, self.bot.skills)
        if self.handed_to:
            raise ValueError(f"already handed off to {self.handed_to!r}; a turn hands off once")
        self.handed_to, self.comes_back = skill, come_back

    def emit(
        self, type: str, data: dict[str, Any], *, subject: str = "", scope: Sequence[str] = ()
    ) -> None:
        """Tell whoever listens that something happened, past tense: `ticket.created`.

        `subject` names the thing it happened to. This conversation hears later facts about
        the same subject. Conversations of other bots hear it when `scope` names their bot, or
        `"*"`.
        """
        if not type:
            raise ValueError('a fact needs a type, past tense: "ticket.created"')
        self.facts.append((type, subject, data))
        self.scopes.append(" ".join([scope] if isinstance(scope, str) else scope))

    def note(self, *what: str) -> None:
        """Count something for the reports, `turn.note("unanswered")`: names, no words of people."""
        name = "\t".join(what)
        self.noted[name] = self.noted.get(name, 0) + 1

    def hold_floor(self) -> None:
        """The next messages of this conversation come here first, until `release_floor`."""
        self.floor = self.skill.name

    def release_floor(self) -> None:
        if self.floor == self.skill.name:
            self.floor = ""

    def mute(self) -> None:
        """The bot says no more in this conversation until `unmute`: a person has taken over."""
        self.muted = True

    def unmute(self) -> None:
        self.muted = False

    def wait_for_person(self, waiting: Waiting) -> None:
        """Have operators see that somebody waits here (`botfabric waiting`)."""
        self.waiting = waiting

    def wait_no_more(self) -> None:
        self.waiting, self.waits_no_more = None, True

    def break_silence(self) -> None:
        """Say what this turn says although the bot is muted: a word about the waiting itself."""
        self.breaks_silence = True
