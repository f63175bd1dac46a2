"""What a turn read that is not for everybody, or was refused: on its way to the audit.

It is committed with the turn, so that it is not lost, and put on record before the answer goes.
"""

from time import time

from shared.errors import TransientError
from shared.fabric import Fabric
from shared.governance import audit
from shared.governance.audit import Operator
from shared.governance.pseudonym import pseudonym
from shared.observability import log
from shared.pipeline.outbox import effects
from shared.pipeline.outbox.deliver import put_back
from shared.records.conversation import Conversation
from shared.records.effect import Record
from shared.turn import Turn


def made(conversation: Conversation, cause: effects.Cause, turn: Turn) -> list[Record]:
    """One effect for each thing that was read or refused."""
    return [
        effects.audit_effect(
            conversation,
            cause,
            f"{cause.work}.r{number}",
            {
                "action": read.action,
                "target": {read.kind: read.name, "skill": turn.skill.name},
                "outcome": audit.DENIED if read.refused else audit.DONE,
                "policy": read.policy,
                "purpose": turn.skill.purpose,
                "department": turn.bot.department,
            },
        )
        for number, read in enumerate(turn.knowledge.reader.reads)
    ]


async def record(fabric: Fabric, key: str, effect: Record) -> bool:
    """Put one on record.

    The effect is durable and goes after the entry does, so that no entry is lost with it. Return
    False when the audit does not take it: it stays, due for the sweep.
    """
    reference, entry = effect.reference, effect.entry
    where = {"region": fabric.settings.region} if fabric.settings.region else {}
    try:
        name = await pseudonym(fabric.store, reference.user or reference.conversation)
        await fabric.audit.record(
            Operator(name, reference.channel),
            entry["action"],
            entry["target"] | where,
            entry["outcome"],
            purpose=entry["purpose"],
            policy=entry["policy"],
            bot=reference.bot,
            department=entry["department"],
            conversation=key,
            durable=False,
        )
    except TransientError as error:
        log.error("audit.waits", conversation=key, id=effect.id, reason=str(error))
        await put_back(fabric, key, effect, effect.released(time()))
        return False
    await fabric.store.write(key, effect.delete(), durable=False)
    return True
