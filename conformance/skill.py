"""What every skill promises: six checks, each by its name."""

import re
import sys
from collections.abc import AsyncIterator, Sequence
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from conformance.promise import Promise, lines_of_broken, tried
from conformance.stage import Ran, Said, Stage
from shared import wire
from shared.dialogue.phrases import LOCALES
from shared.skill import Skill
from shared.text.languages import LANGUAGES

TURN_SECONDS = 5.0
"""What an answer may take with the offline model; people wait for it."""

BLOCKED_SECONDS = 1.0
"""What a handler may keep the event loop to itself: nobody else is answered meanwhile."""

LONGEST_DESCRIPTION, LONGEST_CAPABILITY, LONGEST_EXAMPLE = 120, 60, 200

_KIT = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_FACT = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")

ODD_TEXTS = (
    *("", " ", "/", "//", "0", "-1", "%s {} {0} $x", "👋", "\u202egnp.exe", "a" * 8000),
    *("\n\n\n", "<b>hi</b>", "null", "yes", "cancel"),
)
ODD_VALUES: tuple[Any, ...] = ({}, [], "text", 7, False, {"action": None}, {"form": {"a": [1]}})


async def broken_promises(skill: Skill, folder: Path, seconds: float = TURN_SECONDS) -> list[str]:
    """Run every check and return a line for each broken promise, none when all hold."""
    return lines_of_broken(await verify_skill(skill, folder, seconds))


async def verify_skill(skill: Skill, folder: Path, seconds: float = TURN_SECONDS) -> list[Promise]:
    """Run every check of a skill. `folder` holds the articles that it may search."""
    kit = _Kit(skill, folder, seconds)
    return await tried(
        f"skill {skill.name}",
        [
            ("manifest", kit.manifest),
            ("in-time", kit.in_time),
            ("idempotent", kit.idempotent),
            ("errors", kit.errors),
            ("storable", kit.storable),
            ("languages", kit.languages),
        ],
    )


class _Kit:
    def __init__(self, skill: Skill, folder: Path, seconds: float) -> None:
        self._skill, self._folder, self._seconds = skill, folder, seconds

    async def manifest(self) -> AsyncIterator[str]:
        """It says who it is, and what it says is true."""
        skill = self._skill
        if not _NAME.fullmatch(skill.name):
            yield f"{skill.name[:60]!r} is not a name; write small letters, digits, hyphens"
        if not skill.description.strip() or len(skill.description) > LONGEST_DESCRIPTION:
            yield f"describe it in one line of at most {LONGEST_DESCRIPTION} characters"
        for said, longest in (
            (skill.capabilities, LONGEST_CAPABILITY),
            (skill.examples, LONGEST_EXAMPLE),
        ):
            for text in said:
                if not text.strip() or len(text) > longest:
                    yield f"{text[:40]!r}: write 1 to {longest} characters"
        handlers = [skill.message, *skill.events.values(), *skill.invokes.values()]
        handlers += skill.activities.values()
        for handler in filter(None, handlers):
            if not iscoroutinefunction(handler):
                yield f"handler {handler.__name__}: write async def"
        if not any(handlers):
            yield "it has no handler; write @skill.on_message or @skill.on_event"
        for fact in skill.events:
            if not _FACT.fullmatch(fact):
                yield f"fact {fact!r}: name it like ticket.created"

    async def in_time(self) -> AsyncIterator[str]:
        """It answers before people give up, and lets others be answered meanwhile."""
        async for said, ran in self._conversation():
            if ran.endless:
                yield f"{said}: no end within {self._seconds:g} s"
            elif ran.blocked > BLOCKED_SECONDS:
                yield (
                    f"{said}: the event loop stood still for {ran.blocked:.1f} s; await what "
                    "waits, and use asyncio.to_thread for what computes"
                )

    async def idempotent(self) -> AsyncIterator[str]:
        """Run twice, it does the same: the broker may deliver a message again."""
        stage = self._stage()
        for said in self._samples():
            first, second = await stage.run(said), await stage.run(said)
            if first.endless or second.endless:
                return
            if first.effects != second.effects:
                yield (
                    f"{said}: a second run differs; derive ids from turn.event.work_id and times "
                    "from turn.now"
                )
            stage.go_on(first)

    async def errors(self) -> AsyncIterator[str]:
        """Whatever people send, it ends in an answer or an error that names the fate."""
        if self._skill.message is None:
            return
        odd = [Said(text) for text in ODD_TEXTS] + [Said("", value) for value in ODD_VALUES]
        for said in odd:
            ran = await self._stage().run(said)
            if ran.endless:
                return
            if ran.bug:
                yield f"{said}: {_where(ran.bug)}"

    async def storable(self) -> AsyncIterator[str]:
        """State and facts are JSON, and come back from the store as they went in."""
        async for said, ran in self._conversation():
            kept = {"state": ran.turn.state, "facts": [list(fact) for fact in ran.turn.facts]}
            try:
                same = wire.loads(wire.dumps(kept)) == kept
            except (TypeError, ValueError) as error:
                yield f"{said}: what it keeps is no JSON ({error})"
                return
            if not same:
                yield f"{said}: what it keeps comes back changed; keep texts, numbers, lists, dicts"
                return

    async def languages(self) -> AsyncIterator[str]:
        """It answers in every language that the platform speaks, or falls back."""
        domain = f"LC_MESSAGES/{self._skill.name}.mo"
        if (LOCALES / "en" / domain).exists():
            for language in LANGUAGES:
                if not (LOCALES / language / domain).exists():
                    yield f"its catalogue lacks {language}"
        if self._skill.message is None:
            return
        for language in LANGUAGES:
            for text in (said.text for said in self._samples()):
                plain = await self._stage().run(Said(text))
                ran = await self._stage().run(Said(text, language=language))
                if ran.endless:
                    return
                if ran.bug and not plain.bug:
                    yield f"{language}: {_where(ran.bug)}"

    def _stage(self) -> Stage:
        return Stage(self._skill, self._folder, self._seconds)

    def _samples(self) -> Sequence[Said]:
        """A short conversation: what the skill says people say, then yes, then something else."""
        skill = self._skill
        if skill.message is None:
            return ()
        opening = [*skill.examples[:2], *skill.capabilities[:1]] or ["hello"]
        return [Said(text) for text in (*opening, "yes", f"/{skill.name} something else")]

    async def _conversation(self) -> AsyncIterator[tuple[Said, Ran]]:
        stage = self._stage()
        for said in self._samples():
            ran = await stage.run(said)
            yield said, ran
            if ran.endless:
                return
            stage.go_on(ran)


def _where(error: BaseException) -> str:
    """The error, and the line of the skill's file that raised it or called what did."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(sys.prefix) and Path(file).parent != _KIT:
            lines.append(f"{Path(file).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    place = f" at {lines[0]}" if lines else ""
    return f"{type(error).__name__}{place}; raise an error of shared.errors, or answer"
