"""The kill switch over HTTP: stop or start a bot or a skill, see what is stopped."""

from typing import Any

from functions.operator import Ask, operator_route
from shared.errors import Rejected
from shared.governance.limits.switches import KINDS
from shared.governance.roles import Role
from shared.operations.deeds.switches import switch
from shared.operations.reports import switches

Stopped = dict[str, list[dict[str, Any]]]


@operator_route("POST", "stop", least=Role.OPERATOR)
async def stop(ask: Ask) -> Stopped:
    await switch(ask.fabric, ask.operator, "stop", *_meant(ask))
    return await stopped(ask)


@operator_route("POST", "start", least=Role.OPERATOR)
async def start(ask: Ask) -> Stopped:
    await switch(ask.fabric, ask.operator, "start", *_meant(ask))
    return await stopped(ask)


@operator_route("GET", "stopped", least=Role.AUDITOR)
async def stopped(ask: Ask) -> Stopped:
    return {"stopped": await switches.stopped(ask.fabric)}


def _meant(ask: Ask) -> tuple[str, str]:
    """`{"bot": name}` or `{"skill": name}`."""
    wanted = ask.body()
    if len(wanted) != 1:
        raise Rejected(400, "one_bot_or_skill")
    [(kind, name)] = wanted.items()
    if kind not in KINDS or not isinstance(name, str):
        raise Rejected(400, "one_bot_or_skill")
    return kind, name
