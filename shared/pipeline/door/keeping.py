"""Where the token stays of somebody who has signed in by a link."""

from shared.bot import Bot
from shared.errors import Unavailable
from shared.fabric import Fabric
from shared.observability import log
from shared.person import Holder

WEB = "directline"
"""What the token service calls the channel of those who did not come from Teams."""


async def keep(fabric: Fabric, bot: Bot, offer: str, token: str) -> Holder | None:
    """Leave it with the token service, else in memory; return for whom the service has it.

    Signing in does not depend on it: where the service is away, nobody acts in their name.
    """
    teams = bot.channels.teams
    if teams is None or not teams.connection:
        fabric.people.user_tokens.put(offer, token)
        return None
    holder = Holder(offer, WEB)
    try:
        kept = await fabric.people.token_service.exchange(bot, holder, token)
    except Unavailable as error:
        log.error("sign_in.token_not_kept", bot=bot.id, reason=str(error))
        return None
    return holder if kept else None
