"""A person's token for a backend: from what they signed in with, and never written down."""

from shared.activity import ConversationReference
from shared.bot import Bot
from shared.errors import Refused, SignInNeeded
from shared.event import Event
from shared.fabric import Fabric
from shared.identity.directory import EntraRefusal
from shared.identity.entra_error import DEVICE_CODES, GONE_CODES, RENEW_CODES
from shared.observability import log
from shared.pipeline.turns.signing_in import forget, is_resumed
from shared.records.signed_in import holder_of, partition_of


async def token(
    fabric: Fabric, bot: Bot, reference: ConversationReference, event: Event, backend: str
) -> str:
    """Return a token for `backend` that speaks for who is signed in here.

    Raises SignInNeeded when they have to sign in once more, Refused when their organisation does
    not let the bot, Unavailable when it cannot be asked.
    """
    own = await _own(fabric, bot, reference)
    if not own:
        if is_resumed(event) or not _keeps(fabric, bot):
            raise Refused("nobody keeps the person's token here", "signin.nowhere")
        raise SignInNeeded
    try:
        return await fabric.people.on_behalf.token(own, fabric.delegated_scope(backend))
    except EntraRefusal as refusal:
        code = refusal.code
    log.warning("on_behalf.refused", bot=bot.id, backend=backend, code=f"AADSTS{code}")
    if code in DEVICE_CODES:
        raise Refused(f"AADSTS{code}", "signin.device")
    renew = code in RENEW_CODES and not is_resumed(event)
    if renew or code in GONE_CODES:
        await forget(fabric, bot, reference)
    if renew:
        raise SignInNeeded
    raise Refused(f"AADSTS{code}", "signin.refused")


async def _own(fabric: Fabric, bot: Bot, reference: ConversationReference) -> str:
    """What the person signed in with: from the token service, else from memory."""
    if holder := await holder_of(fabric.store, reference):
        return await fabric.people.token_service.token(bot, holder)
    return fabric.people.user_tokens.get(partition_of(reference))


def _keeps(fabric: Fabric, bot: Bot) -> bool:
    """Tell whether a token would be found again: an app in the cloud is many processes."""
    teams = bot.channels.teams
    return fabric.settings.local or bool(teams and teams.connection)
