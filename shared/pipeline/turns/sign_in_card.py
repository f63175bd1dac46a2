"""The card to sign in on Teams, where the client does so by itself if it can.

Source: learn.microsoft.com, "Add single sign-on to a Teams bot", "Add authentication to a bot".
"""

import re
from time import time
from typing import Any

from shared.activity import Activity
from shared.dialogue.phrases import phrase
from shared.fabric import Fabric
from shared.identity.token_service import Offer
from shared.person import Holder, Person
from shared.pipeline.turns.arriving import admit
from shared.records.sign_in import LASTS_SECONDS
from shared.turn import Turn

CARD = "application/vnd.microsoft.card.oauth"
_CODE = re.compile(r"\s*([0-9]{6})\s*")


def by_card(turn: Turn) -> bool:
    """Tell whether the bot signs people in so, where the turn is."""
    teams = turn.bot.channels.teams
    return turn.reference.channel == "teams" and teams is not None and bool(teams.connection)


async def greet(fabric: Fabric, turn: Turn) -> Person | None:
    """Note who speaks where they are signed in already, else show the card.

    Raises Unavailable when the token service does not answer: the message then waits for it.
    """
    bot, activity, holder = turn.bot, turn.activity, Holder.of(turn.activity)
    token, offer = await fabric.people.token_service.token_or_offer(bot, holder, activity)
    if token and (person := await admit(fabric, turn.reference, activity, token)):
        return person
    if offer is None:  # what is kept is no good
        await fabric.people.token_service.sign_out(bot, holder)
        _, offer = await fabric.people.token_service.token_or_offer(bot, holder, activity)
    if offer is not None:
        turn.send(_card(turn, offer))
        turn.signing_in = {
            "card": str(offer.exchange.get("id", "")),
            "holder": holder.to_dict(),
            "until": time() + LASTS_SECONDS,
            "tries": 0,
        }
    return None


async def typed(fabric: Fabric, turn: Turn, pending: dict[str, Any]) -> Person | None:
    """Find out who signed in by the code that the page of the token service showed."""
    found = _CODE.fullmatch(turn.text)
    holder = Holder.of(turn.activity)
    if not found or holder.to_dict() != pending["holder"]:
        return None
    token = await fabric.people.token_service.token(turn.bot, holder, found[1])
    return await admit(fabric, turn.reference, turn.activity, token) if token else None


def is_code(text: str) -> bool:
    return _CODE.fullmatch(text) is not None


async def sign_out(fabric: Fabric, turn: Turn) -> None:
    """Have the token service forget the person. Raises Unavailable."""
    await fabric.people.token_service.sign_out(turn.bot, Holder.of(turn.activity))


def _card(turn: Turn, offer: Offer) -> Activity:
    teams, said = turn.bot.channels.teams, phrase(turn.language, "signin.card")
    title = phrase(turn.language, "signin.card-button")
    content = {
        "text": said,
        "connectionName": teams.connection if teams else "",
        "tokenExchangeResource": offer.exchange,
        "buttons": [{"type": "signin", "title": title, "value": offer.link}],
    }
    return Activity(type="message", attachments=[{"contentType": CARD, "content": content}])
