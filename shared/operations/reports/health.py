"""What works, what does not, and what still works without it."""

import asyncio
from collections.abc import Awaitable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from shared.fabric import Fabric

_WITHOUT = {
    "store": "webhooks still accept and queue; turns wait",
    "bus": "webhooks still accept into the outbox; turns wait",
    "events": "facts wait in the outbox; replies go out",
    "ai": "routing and answers use the offline way",
    "knowledge": "bots without articles are not affected",
    "teams": "the other channels are not affected",
    "whatsapp": "the other channels are not affected",
    "web": "the other channels are not affected",
}
_WITHOUT_ENCODER = "routing and answers go by words"
"""It is an extra: to be without it is no fault."""
_WITHOUT_BACKEND = "people are told, their messages wait for it; other skills are not affected"


async def health(fabric: Fabric) -> dict[str, Any]:
    """`{"status": "ok"|"degraded", "version", "dependencies": {name: line}}`, no secrets."""
    checks: dict[str, Awaitable[str]] = {
        "store": fabric.store.check(),
        "bus": fabric.bus.check(),
        "events": fabric.topic.check(),
        "ai": fabric.models.check(),
    }
    for name in ("teams", "whatsapp", "web"):
        if any(getattr(bot.channels, name) is not None for bot in fabric.bots.values()):
            checks[name] = fabric.channel(name).check()
    checks |= {f"backend {name}": backend.check() for name, backend in fabric.backends.items()}
    found = await asyncio.gather(*(_line(name, check) for name, check in checks.items()))
    lines = dict(zip(checks, found, strict=True))
    ok = all(line == "ok" for line in lines.values())
    missing = "switched off" if fabric.encoder is None else await fabric.encoder.check()
    lines["embeddings"] = f"{missing}; {_WITHOUT_ENCODER}" if missing else "ok"
    return {
        "status": "ok" if ok else "degraded",
        "version": _version(),
        "bots": len(fabric.bots),
        "dependencies": lines,
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


def _version() -> str:
    try:
        return version("bot-fabric")
    except PackageNotFoundError:
        return "0.1.0"
