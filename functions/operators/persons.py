"""What is kept of a person, over HTTP: handed out or erased."""

from typing import TYPE_CHECKING, Any

from functions.operator import Ask, operator_route
from shared.errors import PermanentError, Rejected
from shared.governance.roles import Role

if TYPE_CHECKING:
    from shared.operations.deeds.persons import Receipt

MAX_CHARACTERS = 500


@operator_route("POST", "ops/person/export", least=Role.OWNER)
async def export(ask: Ask) -> dict[str, Any]:
    from shared.operations.deeds import persons

    id, reason = _meant(ask)
    return await persons.export(ask.fabric, ask.operator, id, reason, ask.departments)


@operator_route("POST", "ops/person/erase", least=Role.OWNER)
async def erase(ask: Ask) -> "Receipt":
    """Refuse with 409 what a legal hold keeps."""
    from shared.operations.deeds import persons

    id, reason = _meant(ask)
    try:
        return await persons.erase(ask.fabric, ask.operator, id, reason, ask.departments)
    except PermanentError as error:
        raise Rejected(409, error.reason) from error


def _meant(ask: Ask) -> tuple[str, str]:
    """`{"id": ..., "reason": ...}`."""
    wanted = ask.body()
    texts = [wanted.get(name) for name in ("id", "reason")]
    match texts:
        case [str(id), str(reason)] if id.strip() and reason.strip():
            if len(wanted) == len(texts) and max(len(id), len(reason)) <= MAX_CHARACTERS:
                return id, reason
    raise Rejected(400, 'write {"id": "...", "reason": "..."}')
