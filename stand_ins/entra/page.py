"""Pages for a browser: whom to sign in as."""

import html
from collections.abc import Iterable

from aiohttp import web

from stand_ins.entra.people import Sample

_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;margin:2rem}"
    "code{font-size:2rem;letter-spacing:.1em}"
)


def choose(request: web.Request, people: Iterable[Sample]) -> web.Response:
    """Answer with the people to choose from; each leads to the same address and their hint."""
    rows = "".join(
        f'<li><a href="{html.escape(str(request.rel_url.update_query(login_hint=p.login)))}">'
        f"{html.escape(p.name)}</a>, {html.escape(p.part)}</li>"
        for p in people
    )
    return page(f"<h1>Who are you?</h1><ul>{rows}</ul>")


def page(content: str, status: int = 200) -> web.Response:
    text = (
        '<!doctype html><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>Sign in</title><style>{_STYLE}'
        f"</style>{content}"
    )
    return web.Response(status=status, text=text, content_type="text/html")
