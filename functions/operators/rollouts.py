"""Versions of skills over HTTP: what is rolled out, how the versions do, and another share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from functions.operator import Ask, Foreign, operator_route
from functions.operators.asked import asked_scope
from shared.errors import PermanentError, Rejected
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.governance.limits.rollouts import Rollout
    from shared.operations.reports.versions import Comparison

KEYS = frozenset({"version", "share", "bots", "reason", "stop_above"})
FORM = 'write {"version": "v2", "share": "10%"}; bots, reason and stop_above may stand beside'


@dataclass(frozen=True, slots=True)
class RolledOut:
    """What has a share now, or had one and was rolled back."""

    rollouts: "list[Rollout]"


@operator_route("GET", "ops/rollouts", least=Role.AUDITOR)
async def rollouts(ask: Ask) -> RolledOut:
    found = await ask.fabric.rollouts.read()
    return RolledOut([one for name, one in sorted(found.items()) if _concerns(ask, name)])


@operator_route("GET", "ops/rollouts/{skill}", least=Role.AUDITOR, name="ops_rollout")
async def rollout(ask: Ask) -> "Comparison":
    from shared.operations.reports.versions import compare

    return await compare(ask.fabric, asked_scope(ask), _skill(ask))


@operator_route("POST", "ops/rollouts/{skill}", least=Role.OPERATOR, name="ops_roll_out")
async def change(ask: Ask) -> "Rollout":
    """A skill works for all departments: who has one names bots of it, and touches no other's."""
    from shared.operations.deeds.rollout import roll_out

    skill, wanted = _skill(ask), ask.body()
    version, bots = wanted.get("version"), wanted.get("bots", [])
    reason = wanted.get("reason", "")
    named = isinstance(version, str) and isinstance(bots, list) and isinstance(reason, str)
    if not named or wanted.keys() - KEYS or not all(isinstance(bot, str) for bot in bots):
        raise Rejected(400, FORM)
    for bot in bots:
        ask.bot(bot)
    running = (await ask.fabric.rollouts.read()).get(skill)
    if not _reaches(ask, bots) or (running and not _reaches(ask, running.bots)):
        raise Foreign("skill")
    try:
        return await roll_out(
            ask.fabric,
            ask.operator,
            skill,
            str(version),
            _share(wanted, "share"),
            bots=bots,
            reason=reason,
            stop_above=_share(wanted, "stop_above", "0%"),
        )
    except PermanentError as error:
        if error.reason == "no_such_version":
            raise Rejected(400, error.detail) from error
        raise


def _skill(ask: Ask) -> str:
    """Raises Foreign for a skill that no bot of the operator's departments has."""
    name = ask.path.get("skill", "")
    if name not in ask.fabric.skills:
        raise Rejected(404, "no_such_skill")
    if not _concerns(ask, name):
        raise Foreign("skill")
    return name


def _reaches(ask: Ask, bots: Sequence[str]) -> bool:
    """Whether a rollout to these bots, no name meaning all, is the operator's to change."""
    return ask.departments.everywhere or (bool(bots) and all(ask.sees(bot) for bot in bots))


def _concerns(ask: Ask, skill: str) -> bool:
    return ask.departments.everywhere or any(
        skill in bot.skills for bot in ask.fabric.bots.values() if ask.sees(bot.id)
    )


def _share(wanted: Mapping[str, Any], key: str, default: str = "") -> float:
    """Raises Rejected (400) for what is no share."""
    from shared.governance.limits.rollouts import share_of

    try:
        return share_of(wanted.get(key, default))
    except ValueError as error:
        raise Rejected(400, f'{key}: write "0%" to "100%"') from error
