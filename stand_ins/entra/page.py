"""Pages for a browser: whom to sign in as."""

import html
from collections.abc import Iterable

from aiohttp import web

from stand_ins.entra.people import Sample

_STYLE = (
    ":root{color-scheme:light dark;--paper:#f5f4f0;--surface:#fff;--line:#dfded7;--muted:#62665f}"
    "@media(prefers-color-scheme:dark){:root{--paper:#141614;--surface:#1f221f;--line:#343832;"
    "--muted:#a2a69d}}*{box-sizing:border-box}body{font:1rem/1.5 system-ui,sans-serif;margin:0;"
    "display:grid;min-height:100dvh;place-content:center;padding:1.5rem;background:var(--paper)}"
    "main{width:min(26rem,100vw - 3rem);padding:1.5rem;background:var(--surface);"
    "border:1px solid var(--line);border-radius:1.125rem}h1{margin:0 0 1rem;font-size:1.25rem}"
    "p{margin:0}ul{margin:0;padding:0;list-style:none}a{display:block;margin-top:.5rem;"
    "padding:.625rem .875rem;border:1px solid var(--line);border-radius:.75rem;color:inherit;"
    "text-decoration:none}a:hover{background:var(--paper)}a:focus-visible{outline:2px solid}"
    "small{display:block;color:var(--muted)}code{display:block;margin-top:1rem;font-size:2rem;"
    "letter-spacing:.1em;user-select:all}"
)


def choose(request: web.Request, people: Iterable[Sample]) -> web.Response:
    """Answer with the people to choose from; each leads to the same address and their hint."""
    rows = "".join(
        f'<li><a href="{html.escape(str(request.rel_url.update_query(login_hint=p.login)))}">'
        f"{html.escape(p.name)}<small>{html.escape(p.part)}</small></a></li>"
        for p in people
    )
    return page(f"<h1>Who are you?</h1><ul>{rows}</ul>")


def page(content: str, status: int = 200) -> web.Response:
    text = (
        '<!doctype html><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>Sign in</title><style>{_STYLE}'
        f"</style><main>{content}</main>"
    )
    return web.Response(status=status, text=text, content_type="text/html")
