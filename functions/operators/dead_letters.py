"""The dead-letter desk over HTTP: list, explain, redrive, discard."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_period
from shared.errors import Rejected
from shared.governance.roles import Role
from shared.queues import skill_queue

if TYPE_CHECKING:
    from shared.operations.reports.letters import Letter
    from shared.operations.reports.period import Period

LISTED = 1000
MAX_MOVED = 200
"""Letters that one request moves at most: it has to end before its caller gives up."""

FILTERS = ("bot", "skill", "reason")


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The first `LISTED` of `total`."""

    dead_letters: list[dict[str, Any]]
    total: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Ids that were moved, why others were not, and how many are left for another call."""

    done: list[str]
    failed: dict[str, str]
    left: int


@operator_route("GET", "dead-letters", least=Role.AUDITOR, name="dead_letters_list")
async def show_all(ask: Ask) -> DeadLetters:
    chosen = {name: ask.text(name) for name in FILTERS}
    found = await _letters(ask, **chosen, died=asked_period(ask))
    return DeadLetters([letter.summary() for letter in found[:LISTED]], len(found))


@operator_route("GET", "dead-letters/{id}", least=Role.AUDITOR, name="dead_letters_show")
async def show(ask: Ask) -> dict[str, Any]:
    from shared.operations.reports import letters

    [letter, *_] = letters.named(await _letters(ask), [ask.path.get("id", "")])
    return letter.explain()


@operator_route("POST", "dead-letters/redrive", least=Role.OPERATOR)
async def redrive(ask: Ask) -> Moved:
    return await _move(ask, "redrive")


@operator_route("POST", "dead-letters/discard", least=Role.OPERATOR)
async def discard(ask: Ask) -> Moved:
    return await _move(ask, "discard")


async def _move(ask: Ask, action: str) -> Moved:
    """Raises TransientError when nothing was moved because something does not answer."""
    from shared.operations.deeds.letters import move

    chosen = await _chosen(ask)
    moved = await move(ask.fabric, ask.operator, action, chosen[:MAX_MOVED])
    if moved.down and not moved.done:
        raise moved.down
    left = max(0, len(chosen) - MAX_MOVED)
    return Moved([letter.id for letter in moved.done], moved.failed, left)


async def _chosen(ask: Ask) -> "list[Letter]":
    """`{"ids": [...]}`, or `{"all": true}` with any of `bot`, `skill` and `reason`."""
    from shared.operations.reports import letters

    wanted = ask.body()
    ids = wanted.pop("ids", None)
    everything = wanted.pop("all", False)
    if not all(name in FILTERS and isinstance(text, str) for name, text in wanted.items()):
        raise Rejected(400, f"write ids or all, and of filters only {', '.join(FILTERS)}, as text")
    if ids is None and everything is True:
        return await _letters(ask, **wanted)
    if not _is_ids(ids) or everything is not False:
        raise Rejected(400, 'write {"ids": ["..."]}, or {"all": true}')
    return letters.named(await _letters(ask, **wanted), ids)


def _is_ids(ids: Any) -> bool:
    return isinstance(ids, list) and bool(ids) and all(isinstance(id, str) for id in ids)


async def _letters(
    ask: Ask, *, bot: str = "", skill: str = "", reason: str = "", died: "Period | None" = None
) -> "list[Letter]":
    """Those of the operator's departments, whenever they died."""
    from shared.operations.reports import letters

    queue, when = skill_queue(skill) if skill else "", died or letters.EVER
    found = await letters.letters(ask.fabric, bot=bot, queue=queue, reason=reason, died=when)
    return [letter for letter in found if ask.sees(letter.bot)]
