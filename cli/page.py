"""The web chat page of the local host, and the bots that it offers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from shared.bot import Bot
from shared.skill import Skill

FOLDER = Path(__file__).with_name("page")
EXAMPLES = 4
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' https: data:; media-src 'self' https:; "
        "base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class Page:
    """Answers `GET /`, the files beside the page, and `/bots.json`."""

    def __init__(self, bots: Mapping[str, Bot], skills: Mapping[str, Skill]) -> None:
        self._bots = web_bots(bots, skills)

    def answer(self, method: str, path: str) -> web.Response | None:
        """None when there is no such page."""
        if method not in ("GET", "HEAD"):
            return None
        if path == "/bots.json":
            return web.json_response(self._bots, headers=_HEADERS)
        if path == "/favicon.ico":
            return web.Response(status=204)
        name = path.removeprefix("/") or "index.html"
        for file in FOLDER.glob("*"):
            if file.name == name and file.suffix in _TYPES:
                return web.Response(
                    body=file.read_bytes(),
                    content_type=_TYPES[file.suffix],
                    charset="utf-8",
                    headers=_HEADERS,
                )
        return None


def web_bots(bots: Mapping[str, Bot], skills: Mapping[str, Skill]) -> Sequence[dict[str, Any]]:
    """What a visitor may know of each bot that is on the web."""
    return [
        {
            "id": bot.id,
            "name": bot.name,
            "description": bot.description or " ".join(_described(bot, skills)),
            "department": bot.department,
            "skills": bot.skills,
            "examples": bot.examples or _examples(bot, skills),
        }
        for bot in bots.values()
        if bot.channels.web is not None
    ]


def _described(bot: Bot, skills: Mapping[str, Skill]) -> Sequence[str]:
    names = [name for name in bot.skills if name not in ("router", "echo") and name in skills]
    return [f"{skills[name].description.rstrip('.')}." for name in names]


def _examples(bot: Bot, skills: Mapping[str, Skill]) -> list[str]:
    """What the bot's own menu offers, and what its default skill is for.

    A skill's examples teach the router; another bot's articles may not have their answers.
    """
    own = [skills[name] for name in bot.skills if name in skills]
    menu = [skill.capabilities[0] for skill in own if skill.capabilities]
    default = skills.get(bot.default_skill)
    always = default.examples if default else []
    return [text[:1].upper() + text[1:] for text in dict.fromkeys([*menu, *always])][:EXAMPLES]
