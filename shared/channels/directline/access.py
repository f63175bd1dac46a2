"""Who may use the web channel: pages by their Origin, clients by their Direct Line token."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.bot import Bot
from shared.channels.directline.network import network_of
from shared.channels.directline.origin import canonical, cors, listed, own_page
from shared.channels.directline.token import LIFETIME, Token, Tokens
from shared.errors import Rejected
from shared.parse import json_object
from shared.ports.channel import Request
from shared.ports.store import Store
from shared.settings import Settings
from shared.text.clean import LONGEST_NAME, one_line

TOKENS_PER_MINUTE = 120
"""New conversations that one network of clients may open with one process."""

_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9_-]{20,100})", re.ASCII)
_ANOTHER_CHANNELS = re.compile(r"(?:8|28|29):.*|\+?[0-9 ()-]{7,}", re.DOTALL)
"""Ids as Teams and WhatsApp give them to people whom they know."""
_MAX_BODY = 65_536


class Access:
    """Grants tokens and checks them. Every refusal is a Rejected."""

    def __init__(
        self,
        bots: Mapping[str, Bot],
        store: Store,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        self._bots = bots
        self._local = settings.local
        self._proxies = settings.trusted_proxies
        self._clock = clock
        self._tokens = Tokens(store, clock)
        self._minute = 0
        self._opened: dict[str, int] = {}

    async def generate(self, request: Request) -> dict[str, Any]:
        """A token for a new conversation: `{"bot": id, "user": {"id", "name"}}`, no secret."""
        body = json_object(request.body, cap=_MAX_BODY)
        bot = self._bot(body.get("bot"))
        if not self._may_ask(request, self._origins(bot)):
            raise Rejected(403, "origin")
        self._count(request)
        user = body.get("user")
        claimed = user if isinstance(user, dict) else {}
        token = Token(
            conversation=secrets.token_urlsafe(16),
            bot=bot.id,
            user=_claimed_id(claimed.get("id")) or f"visitor_{secrets.token_urlsafe(12)}",
            user_name=_line(claimed.get("name")),
            origin=canonical(request.headers["origin"]),
        )
        return _grant(token, await self._tokens.issue(token))

    async def refresh(self, request: Request) -> dict[str, Any]:
        """A new token for the same conversation; the old one runs out by itself.

        One that is new itself is given back. Raises Rejected 403 a day after the first.
        """
        token, _ = await self.authorize(request)
        if token.is_young(self._clock()):
            return self.held(request, token)
        return _grant(token, await self._tokens.issue(token))

    async def authorize(self, request: Request) -> tuple[Token, Bot]:
        """The rights of the bearer, for the conversation in the path and the page that asks."""
        token = await self._tokens.read(_bearer(request))
        if "origin" in request.headers and canonical(request.headers["origin"]) != token.origin:
            raise Rejected(403, "origin")
        if request.path.get("conversation", token.conversation) != token.conversation:
            raise Rejected(403, "foreign_conversation")
        return token, self._bot(token.bot)

    def held(self, request: Request, token: Token) -> dict[str, Any]:
        """The grant that the bearer already has, with what is left of its life."""
        return _grant(token, _bearer(request), max(0, int(token.expires - self._clock())))

    def cors(self, request: Request) -> dict[str, str]:
        """Headers for every answer; an Origin that no bot lists gets no permission."""
        anyones = [origin for bot in self._bots.values() for origin in self._origins(bot)]
        allowed = self._may_ask(request, anyones)
        return {"Vary": "Origin", **(cors(request.headers["origin"]) if allowed else {})}

    def _bot(self, bot_id: object) -> Bot:
        bot = self._bots.get(bot_id) if isinstance(bot_id, str) else None
        if bot is None or bot.channels.web is None:
            raise Rejected(404, "bot_not_on_web")
        return bot

    def _origins(self, bot: Bot) -> Sequence[str]:
        """The pages that may talk to the bot; in the cloud, those that come over https only."""
        origins = bot.channels.web.origins if bot.channels.web else ()
        return origins if self._local else [origin for origin in origins if _https(origin)]

    def _may_ask(self, request: Request, origins: Sequence[str]) -> bool:
        return listed(request.headers.get("origin", ""), origins) or (
            self._local and own_page(request.headers)
        )

    def network(self, request: Request) -> str:
        """Return where the client is connected; "" on a laptop, which has no front end."""
        return network_of(request.headers, proxies=self._proxies)

    def _count(self, request: Request) -> None:
        """Hold one network to its share of new conversations."""
        network = self.network(request)
        if not network:
            return
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._opened = minute, {}
        self._opened[network] = self._opened.get(network, 0) + 1
        if self._opened[network] > TOKENS_PER_MINUTE:
            after = 60 * (minute + 1) - self._clock()
            raise Rejected(429, "too_many_conversations", after=after)


def _https(origin: str) -> bool:
    return canonical(origin).startswith("https:")


def _bearer(request: Request) -> str:
    match = _BEARER.fullmatch(request.headers.get("authorization", ""))
    if match is None:
        raise Rejected(401, "token_missing")
    return match[1]


def _grant(token: Token, secret: str, expires_in: int = LIFETIME) -> dict[str, Any]:
    return {"conversationId": token.conversation, "token": secret, "expires_in": expires_in}


def _line(value: object) -> str:
    """A claimed id or name as one short line; "" when there is none."""
    return one_line(value, LONGEST_NAME) if isinstance(value, str) else ""


def _claimed_id(value: object) -> str:
    """What a client calls itself, unless another channel's people are called so."""
    id = _line(value)
    return "" if _ANOTHER_CHANNELS.fullmatch(id) else id
