"""Versions of skills and bots over HTTP: what is rolled out, how they do, and another share."""

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
BOT_KEYS = KEYS - {"bots"}
FORM = 'write {"version": "v2", "share": "10%"}; bots, reason and stop_above may stand beside'
BOT_FORM = 'write {"version": "v2", "share": "10%", "reason": "..."}; stop_above may stand beside'


@dataclass(frozen=True, slots=True)
class RolledOut:
    """What has a share now, or had one and was rolled back."""

    rollouts: "list[Rollout]"


@operator_route("GET", "ops/rollouts", least=Role.AUDITOR)
async def rollouts(ask: Ask) -> RolledOut:
    found = await ask.fabric.rollouts.read()
    return RolledOut([one for _, one in sorted(found.items()) if _is_shown(ask, one)])


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


@operator_route("GET", "ops/rollouts/bots/{bot}", least=Role.AUDITOR, name="ops_bot_rollout")
async def bot_rollout(ask: Ask) -> "Comparison":
    from shared.operations.reports.versions import compare_manifests

    bot = ask.bot(ask.path.get("bot", ""))
    return await compare_manifests(ask.fabric, asked_scope(ask), bot.id)


@operator_route("POST", "ops/rollouts/bots/{bot}", least=Role.OPERATOR, name="ops_roll_out_bot")
async def change_bot(ask: Ask) -> "Rollout":
    """Who operates a bot's department rolls out versions of its manifest, and says why."""
    from shared.operations.deeds.rollout import roll_out_manifest

    bot, wanted = ask.bot(ask.path.get("bot", "")), ask.body()
    version, reason = wanted.get("version"), wanted.get("reason")
    named = isinstance(version, str) and isinstance(reason, str) and reason.strip()
    if not named or wanted.keys() - BOT_KEYS:
        raise Rejected(400, BOT_FORM)
    try:
        return await roll_out_manifest(
            *(ask.fabric, ask.operator, bot.id, str(version), _share(wanted, "share")),
            reason=str(reason),
            stop_above=_share(wanted, "stop_above", "0%"),
        )
    except PermanentError as error:
        raise Rejected(400, error.detail) from error


def _is_shown(ask: Ask, one: "Rollout") -> bool:
    return ask.sees(one.bot) if one.bot else _concerns(ask, one.skill)


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
