"""Who waits for a person, over HTTP: list them, answer, give the conversation back to the bot."""

from typing import TYPE_CHECKING

from functions.operator import Ask, operator_route
from functions.operators.asked import asked_scope
from shared.errors import PermanentError, Rejected
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.deeds.waiting import Done
    from shared.operations.reports.waiting import WaitingPerson


@operator_route("GET", "ops/waiting", least=Role.OPERATOR)
async def waiting(ask: Ask) -> "list[WaitingPerson]":
    """Answer with those who wait; `bot` and `department` narrow them."""
    from shared.operations.reports import waiting as reports

    scope = asked_scope(ask)
    found = await reports.waiting(ask.fabric, ask.departments)
    return [one for one in found if scope.covers(one.bot, one.department)]


@operator_route("POST", "ops/waiting/{key}/answer", least=Role.OPERATOR, name="ops_waiting_answer")
async def answer(ask: Ask) -> "Done":
    """`{"text": "..."}`."""
    from shared.operations.deeds import waiting as deeds

    body = ask.body()
    key = await _theirs(ask)
    text = body.get("text")
    if set(body) != {"text"} or not isinstance(text, str):
        raise Rejected(400, 'write {"text": "..."}')
    if not 0 < len(text.strip()) <= deeds.MAX_ANSWER:
        raise Rejected(400, f"write a text of 1 to {deeds.MAX_ANSWER} characters")
    return await deeds.answer(ask.fabric, ask.operator, key, text)


@operator_route("POST", "ops/waiting/{key}/return", least=Role.OPERATOR, name="ops_waiting_return")
async def give_back(ask: Ask) -> "Done":
    from shared.operations.deeds import waiting as deeds

    return await deeds.give_back(ask.fabric, ask.operator, await _theirs(ask))


async def _theirs(ask: Ask) -> str:
    """The key in the path, when somebody waits there, and the bot is of their departments."""
    from shared.operations.reports import waiting as reports

    key = ask.path.get("key", "")
    try:
        item = await reports.item_of(ask.fabric, key)
    except PermanentError as error:
        raise Rejected(404, error.reason) from error
    ask.bot(str(item.body["bot"]))
    return key
