"""Which version of a skill or a manifest a conversation gets: a sticky share, changed live."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from time import monotonic, time
from typing import Any, Self

from shared.errors import Conflict, Unavailable
from shared.migration import FIRST_VERSION
from shared.ports.store import Item, Put, Store

PARTITION = "rollouts"
FRESH_SECONDS = 1.0
"""How long a process believes what it read: a change is everywhere within two seconds."""

OF_BOT = "bot:"
_POINTS = 2**64


@dataclass(frozen=True, slots=True)
class Rollout:
    """`share` of the conversations, from 0 to 1, get `version`; `bots` limits it to these.

    It is of a `skill`, or of the manifest of a `bot`; the other one is "". `salt` decides which
    conversations; it stays while the share of one version grows and shrinks, and `began` is when
    it was drawn. Above the share `stop_above` of turns that fail the version gets no conversation
    any more; 0 is no such bound.
    """

    skill: str
    version: str
    share: float
    salt: str
    bots: tuple[str, ...] = ()
    by: str = ""
    reason: str = ""
    at: float = 0.0
    began: float = 0.0
    stop_above: float = 0.0
    bot: str = ""

    @classmethod
    def from_item(cls, item: Item) -> Self:
        body: dict[str, Any] = dict(item.body)
        return cls(**{**body, "bots": tuple(body.get("bots", ()))})

    def to_op(self, etag: str | None = None) -> Put:
        return Put(_id(self.subject), {**asdict(self), "bots": list(self.bots)}, etag=etag)

    @property
    def subject(self) -> str:
        """What is rolled out: the name of a skill, or `bot:` and the id of a bot."""
        return of_bot(self.bot) if self.bot else self.skill

    @property
    def target(self) -> dict[str, str]:
        """What the audit says of it: the skill or the bot, and the version."""
        if self.bot:
            return {"bot": self.bot, "manifest": self.version}
        return {"skill": self.skill, "version": self.version}

    def stopped(self, by: str, reason: str) -> Self:
        """Return it as it is when no conversation gets the version any more."""
        return replace(self, share=0.0, by=by, reason=reason, at=round(time(), 3))

    def covers(self, bot: str, conversation: str) -> bool:
        """Whether a conversation is in the share: who is in at 10 % is in at 20 % too."""
        if (self.bots and bot not in self.bots) or self.bot not in ("", bot):
            return False
        digest = hashlib.sha256(f"{self.salt}\n{conversation}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * _POINTS


class Rollouts:
    """What is rolled out, as the store says, asked at most once in `FRESH_SECONDS`."""

    def __init__(self, store: Store, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._rollouts: Mapping[str, Rollout] = {}
        self._read_at = -FRESH_SECONDS

    async def set(self, rollout: Rollout) -> None:
        await self._store.write(PARTITION, rollout.to_op())
        self._read_at = -FRESH_SECONDS

    async def stop(self, seen: Rollout, by: str, reason: str) -> bool:
        """Take the share of a rollout back, as it was `seen`; whether nobody was faster."""
        item = await self._store.get(PARTITION, _id(seen.subject))
        if item is None or (now := Rollout.from_item(item)) != seen or not now.share:
            return False
        try:
            await self._store.write(PARTITION, now.stopped(by, reason).to_op(item.etag))
        except Conflict:
            return False
        self._read_at = -FRESH_SECONDS
        return True

    async def read(self) -> Mapping[str, Rollout]:
        """By subject, as the store says now. Raises Unavailable."""
        found = await self._store.find(PARTITION, "rollout:", limit=1000)
        self._rollouts = {rollout.subject: rollout for rollout in map(Rollout.from_item, found)}
        return self._rollouts

    async def current(self) -> Mapping[str, Rollout]:
        """The same, or what was read last while it is fresh or the store does not answer."""
        if self._clock() - self._read_at >= FRESH_SECONDS:
            self._read_at = self._clock()
            with suppress(Unavailable):
                await self.read()
        return self._rollouts


def share_of(written: object) -> float:
    """Read `"10%"`, or `0.1` as a number. Raises ValueError for what is no share."""
    found = -1.0
    if isinstance(written, str):
        with suppress(ValueError):
            found = float(written.removesuffix("%")) / 100
    elif isinstance(written, int | float) and not isinstance(written, bool):
        found = float(written)
    if not 0 <= found <= 1:
        raise ValueError(f"{written!r} is no share")
    return found


def _id(subject: str) -> str:
    return f"rollout:{subject}"


def of_bot(bot: str) -> str:
    """The subject of a rollout of a bot's manifest; no skill has such a name."""
    return OF_BOT + bot


def wanted_version(
    rollout: Rollout | None,
    bot: str,
    conversation: str,
    *,
    written_by: str,
    reads: Mapping[str, Collection[str]],
) -> str:
    """The version that a conversation gets.

    `written_by` is the version that wrote the skill's state in it, "" for no state; `reads` are
    the versions whose state each version reads. One that cannot read what is there does not get
    the conversation: it stays where it was until that state is gone.
    """
    covered = rollout is not None and rollout.covers(bot, conversation)
    wanted = rollout.version if rollout and covered else FIRST_VERSION
    if written_by in ("", wanted) or written_by in reads.get(wanted, ()):
        return wanted
    return written_by


def wanted_manifest(
    rollout: Rollout | None,
    conversation: str,
    *,
    had: str,
    floor: str,
    skills: Mapping[str, Collection[str]],
) -> str:
    """The version of its bot's manifest that a conversation gets.

    `had` is the one of its last turn, "" for none; `skills` are those of each version. Whose
    skill holds the `floor` keeps its version while the wanted one has no such skill.
    """
    covered = rollout is not None and rollout.covers(rollout.bot, conversation)
    wanted = rollout.version if rollout and covered else FIRST_VERSION
    if wanted not in skills:
        wanted = FIRST_VERSION
    if floor and floor not in skills[wanted] and floor in skills.get(had, ()):
        return had
    return wanted
