"""Where a browser signs in: the link of an offer, and the way back from Entra.

Nothing here says who is in which conversation: the page shows a code, which the person types
there. So a link that was passed on signs nobody in but whoever reads the code out as well.
"""

import html
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

import azure.functions as func

from functions.host import fabric
from functions.http import responding
from shared.errors import Conflict, Rejected
from shared.observability import log

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.records.sign_in import Offer

COOKIE = "fabric-sign-in"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = (
    ":root{color-scheme:light dark;--paper:#f5f4f0;--surface:#fff;--ink:#1c1e1b;--muted:#62665f;"
    "--line:#dfded7;--accent:#1b6552}@media(prefers-color-scheme:dark){:root{--paper:#141614;"
    "--surface:#1f221f;--ink:#e9eae5;--muted:#a2a69d;--line:#343832;--accent:#7fcfb4}}"
    "*{box-sizing:border-box}body{font:1rem/1.5 system-ui,sans-serif;display:grid;"
    "min-height:100dvh;place-content:center;margin:0;padding:1.5rem;background:var(--paper);"
    "color:var(--ink);text-align:center;text-wrap:balance}main{width:min(26rem,100vw - 3rem);"
    "padding:1.5rem;background:var(--surface);border:1px solid var(--line);border-radius:1.125rem}"
    "p{margin:0}code{display:block;margin:1rem 0;color:var(--accent);"
    "font:600 clamp(1.75rem,9vw,2.25rem)/1.25 ui-monospace,monospace;letter-spacing:.08em;"
    "white-space:nowrap;user-select:all}small{color:var(--muted)}"
)

bp = func.Blueprint()


@bp.function_name("sign_in")
@bp.route("sign-in", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def begin(req: func.HttpRequest) -> func.HttpResponse:
    async def answer() -> func.HttpResponse:
        from shared.records import sign_in

        here = _open()
        ticket = req.params.get("ticket", "")
        offer = await sign_in.offer_of(here.store, sign_in.digest(ticket[:200]))
        if offer is None:
            return _page("signin.page-over", status=404)
        browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        address = await here.people.sign_in.address(
            state=f"{offer.id}.{browser}", nonce=nonce, verifier=verifier
        )
        await here.store.write(offer.partition, offer.begun(browser, nonce, verifier))
        headers = {**_HEADERS, "Location": address, "Set-Cookie": _cookie(here, browser)}
        return func.HttpResponse(status_code=302, headers=headers)

    return await responding("sign_in", answer)


@bp.function_name("sign_in_callback")
@bp.route("sign-in/callback", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def come_back(req: func.HttpRequest) -> func.HttpResponse:
    async def answer() -> func.HttpResponse:
        from shared.records import sign_in

        here = _open()
        id, _, browser = req.params.get("state", "")[:200].partition(".")
        cookie = _cookies(req.headers.get("cookie", "")).get(COOKIE, "")
        if not browser or not secrets.compare_digest(cookie.encode(), browser.encode()):
            raise Rejected(403, "sign_in_another_browser")
        offer = await sign_in.offer_of(here.store, id)
        if offer is None:
            return _page("signin.page-over", status=404)
        return await _finish(here, offer, browser, req.params)

    return await responding("sign_in_callback", answer)


async def _finish(
    here: "Fabric", offer: "Offer", browser: str, query: Mapping[str, str]
) -> func.HttpResponse:
    from shared.identity.entra_error import code_of
    from shared.pipeline.door.keeping import keep
    from shared.records import sign_in

    try:
        begun = await sign_in.returned(here.store, offer, browser)
    except Conflict:
        begun = None
    if begun is None:
        raise Rejected(403, "sign_in_not_begun_or_used")
    if not query.get("code"):
        return _refused(offer, code_of(query))
    arrival = await here.people.sign_in.redeem(
        query["code"][:4000], nonce=begun.body["nonce"], verifier=begun.body["verifier"]
    )
    code, bot = sign_in.new_code(), here.bots.get(offer.bot)
    holder = await keep(here, bot, offer.id, arrival.token) if bot else None
    await here.store.write(offer.partition, offer.closing(code, arrival.person, holder))
    return _page("signin.page-code", offer.language, code=code, bot=bot.name if bot else offer.bot)


def _refused(offer: "Offer", code: str) -> func.HttpResponse:
    """Say what Entra has against it, as far as the person can do something about it."""
    from shared.identity.entra_error import DEVICE_CODES

    log.warning("sign_in.refused", code=f"AADSTS{code}" if code else "", bot=offer.bot)
    id = "signin.page-device" if code in DEVICE_CODES else "signin.page-refused"
    return _page(id, offer.language, status=403)


def _open() -> "Fabric":
    """Raises Rejected 404 where nobody can sign in."""
    here = fabric()
    if not here.settings.signs_in:
        raise Rejected(404, "no_sign_in_configured")
    return here


def _cookie(here: "Fabric", value: str) -> str:
    """Lax, because the browser comes back from another site."""
    from shared.records.sign_in import LASTS_SECONDS

    secure = "" if here.settings.public_url.startswith("http:") else "; Secure"
    return (
        f"{COOKIE}={value}; Path=/api/sign-in; Max-Age={LASTS_SECONDS}; HttpOnly; SameSite=Lax"
        f"{secure}"
    )


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, _, value in pairs}


def _page(
    id: str, language: str = "en", *, status: int = 200, code: str = "", bot: str = ""
) -> func.HttpResponse:
    from shared.dialogue.phrases import phrase

    said = html.escape(phrase(language, id, bot=bot) if bot else phrase(language, id))
    shown = f"<code>{html.escape(code)}</code>" if code else ""
    title, _, more = said.partition("\n")
    warning = f"<p><small>{more}</small></p>" if more else ""
    body = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(phrase(language, 'signin.page-title'))}</title>"
        f"<style>{_STYLE}</style><main><p>{title}</p>{shown}{warning}</main></html>"
    )
    return func.HttpResponse(body, status_code=status, mimetype="text/html", headers=_HEADERS)
