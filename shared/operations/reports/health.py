"""What works, what does not, and what still works without it."""

import asyncio
from collections.abc import Awaitable
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from shared.fabric import Fabric
from shared.version import VERSION

if TYPE_CHECKING:
    from shared.knowledge.embedding import Embedder

FRESH_SECONDS, FRESH_LOCAL_SECONDS = 15.0, 1.0
"""How long a look at the dependencies is believed: in the cloud, and on a laptop."""

_WITHOUT = {
    "store": "webhooks still accept and queue; turns wait",
    "bus": "webhooks still accept into the outbox; turns wait",
    "events": "facts wait in the outbox; replies go out",
    "ai": "routing and answers use the offline way",
    "content safety": "words and patterns judge in its place",
    "speech": "voice notes wait; what is written is not affected",
    "translator": "messages that need a translation wait; others are not affected",
    "documents": "scans and photos wait; documents with text are read",
    "knowledge": "bots without articles are not affected",
    "index": "words decide, over the articles that the app was packed with",
    "teams": "the other channels are not affected",
    "whatsapp": "the other channels are not affected",
    "web": "the other channels are not affected",
}
_WITHOUT_ENCODER = "routing and answers go by words"
"""It is an extra: to be without it is no fault."""
_WITHOUT_BACKEND = "people are told, their messages wait for it; other skills are not affected"


class HealthDesk:
    """One look at a time, and what it found for a while: whoever asks often costs no more."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._fresh = FRESH_LOCAL_SECONDS if fabric.settings.local else FRESH_SECONDS
        self._looking = asyncio.Lock()
        self._found: dict[str, Any] = {}
        self._looked = -inf

    async def report(self) -> dict[str, Any]:
        """Return what `health` says, at most `FRESH_SECONDS` old."""
        async with self._looking:
            if monotonic() - self._looked >= self._fresh:
                self._found = await health(self._fabric)
                self._looked = monotonic()
            return self._found

    async def verdict(self) -> dict[str, Any]:
        """Return what a stranger may know: `status` and `version`."""
        found = await self.report()
        return {name: found[name] for name in ("status", "version")}


async def health(fabric: Fabric) -> dict[str, Any]:
    """`{"status": "ok"|"degraded", "version", "dependencies": {name: line}}`, no secrets."""
    checks: dict[str, Awaitable[str]] = {
        "store": fabric.store.check(),
        "bus": fabric.bus.check(),
        "events": fabric.topic.check(),
        "ai": fabric.ai.models.check(),
    }
    if not fabric.settings.safety_url.startswith("offline:"):
        checks["content safety"] = fabric.ai.safety.check()
    if fabric.ai.indexed is not None:
        checks["index"] = fabric.ai.indexed.check(_embedder(fabric))
    senses = fabric.ai.senses
    for name, sense in (
        ("speech", senses.speech),
        ("translator", senses.translator),
        ("documents", senses.scans),
    ):
        if sense:
            checks[name] = sense.check()
    for name in ("teams", "whatsapp", "web"):
        if any(getattr(bot.channels, name) is not None for bot in fabric.bots.values()):
            checks[name] = fabric.channel(name).check()
    checks |= {f"backend {name}": backend.check() for name, backend in fabric.backends.items()}
    found = await asyncio.gather(*(_line(name, check) for name, check in checks.items()))
    lines = dict(zip(checks, found, strict=True))
    lines |= await _stopped(fabric)
    lines |= {
        f"bot {f.breach.bot}": f"degraded: paused by policy: {f}; the other bots are not affected"
        for f in fabric.breaches
        if f.breach.enforced and f.breach.bot in fabric.paused
    }
    ok = all(line == "ok" for line in lines.values())
    missing = "switched off" if fabric.ai.encoder is None else await fabric.ai.encoder.check()
    lines["embeddings"] = f"{missing}; {_WITHOUT_ENCODER}" if missing else "ok"
    return {
        "status": "ok" if ok else "degraded",
        "version": VERSION,
        "bots": len(fabric.bots),
        "dependencies": lines,
    }


def _embedder(fabric: Fabric) -> "Embedder | None":
    """Any bot's: they differ in who is charged."""
    bot = next(iter(fabric.bots.values()), None)
    return fabric.ai.embedder(bot) if bot else None


async def _stopped(fabric: Fabric) -> dict[str, str]:
    """A line for each bot and skill that an operator stopped."""
    try:
        async with asyncio.timeout(3):
            stopped = await fabric.switches.stopped()
    except Exception:  # the line of the store says so, and a health report reports
        return {}
    return {
        f"{kind} {name}": f"degraded: stopped; its messages wait for `botfabric start {name}`"
        for kind, name in sorted(stopped)
    }


async def _line(name: str, check: Awaitable[str]) -> str:
    try:
        async with asyncio.timeout(3):
            problem = await check
    except TimeoutError:
        problem = "no answer within 3 s"
    except Exception as error:  # a health report reports, whatever is broken
        problem = type(error).__name__
    return f"degraded: {problem}; {_WITHOUT.get(name, _WITHOUT_BACKEND)}" if problem else "ok"
