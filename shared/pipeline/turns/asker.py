"""Whoever a turn answers, looked up when something depends on it; and what it gave them to see."""

from shared.activity import ConversationReference
from shared.bot import Bot
from shared.governance import audit
from shared.governance.audit import Operator
from shared.governance.pseudonym import pseudonym
from shared.person import Person
from shared.ports.store import Store
from shared.records.read import Read
from shared.records.signed_in import person_of
from shared.skill import Skill


class Asker:
    """The person of one turn, and what was read for them or refused of what is not for all."""

    def __init__(
        self,
        store: Store,
        trail: audit.Trail,
        reference: ConversationReference,
        bot: Bot,
        skill: Skill,
    ) -> None:
        self._store, self._audit = store, trail
        self._reference = reference
        self._bot, self._skill = bot, skill
        self._known: list[Person | None] = []
        self.reads: list[Read] = []

    async def person(self) -> Person | None:
        """Nobody in a group: the others read along, and may be strangers.

        Raises Unavailable: who cannot be looked up is not taken for a stranger.
        """
        if self._reference.is_group and not self._reference.alone:
            return None
        if not self._known:
            self._known.append(await person_of(self._store, self._reference))
        return self._known[0]

    def note(self, read: Read) -> None:
        if read not in self.reads:
            self.reads.append(read)

    def read(self, backend: str, operation: str, policy: str) -> None:
        self.note(Read("backend", f"{backend} {operation}", policy))

    async def denied(self, backend: str, operation: str, policy: str) -> None:
        await self._deny("backend.call", {"backend": f"{backend} {operation}"}, policy)

    async def denied_skill(self, skill: str) -> None:
        """Put on record that the skill of this turn called one which the bot does not list."""
        await self._deny("skill.call", {"called": skill}, f"bots/{self._bot.id}.toml: skills")

    async def _deny(self, action: str, target: dict[str, str], policy: str) -> None:
        """Put it on record at once: the turn that was denied commits nothing."""
        reference = self._reference
        name = await pseudonym(self._store, reference.user or reference.conversation)
        await self._audit.record(
            Operator(name, reference.channel),
            action,
            {**target, "skill": self._skill.name},
            audit.DENIED,
            purpose=self._skill.purpose,
            policy=policy,
            bot=self._bot.id,
            department=self._bot.department,
            conversation=reference.key,
        )
