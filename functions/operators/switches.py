"""The kill switch over HTTP: stop or start a bot or a skill, see what is stopped."""

from typing import Any

from functions.operator import Ask, Foreign, operator_route
from shared.errors import Rejected
from shared.governance.roles import Role

Stopped = dict[str, list[dict[str, Any]]]


@operator_route("POST", "stop", least=Role.OPERATOR)
async def stop(ask: Ask) -> Stopped:
    await _switch(ask, "stop")
    return await stopped(ask)


@operator_route("POST", "start", least=Role.OPERATOR)
async def start(ask: Ask) -> Stopped:
    await _switch(ask, "start")
    return await stopped(ask)


@operator_route("GET", "stopped", least=Role.AUDITOR)
async def stopped(ask: Ask) -> Stopped:
    from shared.operations.reports import switches

    every = await switches.stopped(ask.fabric)
    return {"stopped": [one for one in every if _concerns(ask, one["kind"], one["name"])]}


async def _switch(ask: Ask, action: str) -> None:
    from shared.operations.deeds.switches import switch

    await switch(ask.fabric, ask.operator, action, *_meant(ask))


def _concerns(ask: Ask, kind: str, name: str) -> bool:
    """Whether what is stopped stands still in one of the operator's departments."""
    if kind == "bot":
        return ask.sees(name)
    return ask.departments.everywhere or any(
        name in bot.skills for bot in ask.fabric.bots.values() if ask.sees(bot.id)
    )


def _meant(ask: Ask) -> tuple[str, str]:
    """`{"bot": name}` or `{"skill": name}`: a skill works for all departments at once."""
    from shared.governance.limits.switches import KINDS

    wanted = ask.body()
    kind, name = next(iter(wanted.items()), ("", ""))
    if len(wanted) != 1 or kind not in KINDS or not isinstance(name, str):
        raise Rejected(400, 'write {"bot": "..."} or {"skill": "..."}')
    if kind == "bot" and name in ask.fabric.bots:
        ask.bot(name)
    elif not ask.departments.everywhere:
        raise Foreign(kind)
    return kind, name
