"""Somebody signs in on Teams: from a token about them to what is known of who speaks there."""

from shared.activity import Activity, ConversationReference
from shared.errors import Rejected
from shared.fabric import Fabric
from shared.observability import log
from shared.person import Holder, Person
from shared.records.signed_in import partition_of, signed_in


async def admit(
    fabric: Fabric, reference: ConversationReference, activity: Activity, token: str
) -> Person | None:
    """Note who speaks, if the token is about whom Teams says so; None for anybody else.

    Raises Unavailable when it cannot be checked.
    """
    try:
        person = await fabric.people.sign_in.person(token)
    except Rejected as refusal:
        log.warning("sign_in.refused", bot=reference.bot, reason=refusal.reason)
        return None
    named = activity.sender.get("aadObjectId")
    elsewhere = bool(reference.tenant) and reference.tenant != person.tenant.lower()
    if elsewhere or not isinstance(named, str) or named.lower() != person.id.lower():
        log.warning("sign_in.refused", bot=reference.bot, reason="somebody_else")
        return None
    entry = signed_in(person, reference, Holder.of(activity))
    await fabric.store.write(partition_of(reference), entry)
    log.info("signed_in", bot=reference.bot, conversation=reference.key)
    return person
