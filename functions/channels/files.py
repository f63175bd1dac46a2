"""What the address of a file opens: the bytes, as something to look at or to save, never to run."""

from urllib.parse import quote

import azure.functions as func

from functions.host import fabric
from functions.http import responding
from shared.errors import Rejected

bp = func.Blueprint()

SHOWN = (
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "audio/",
    "video/",
    "application/pdf",
)
"""Types that a browser may show by itself; all others it saves."""

_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
}
_GONE = "This file is no longer here. Ask the bot for it again."


@bp.function_name("files")
@bp.route("files/{conversation}/{file}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def files(req: func.HttpRequest) -> func.HttpResponse:
    async def answer() -> func.HttpResponse:
        path, query = req.route_params, req.params
        try:
            opened = await fabric().files.open(
                path["conversation"], path["file"], query.get("until", ""), query.get("sig", "")
            )
        except Rejected as refusal:
            if refusal.status != 410:
                raise
            return func.HttpResponse(_GONE, status_code=410, mimetype="text/plain", headers=_SAFE)
        if opened.place:
            return func.HttpResponse(status_code=302, headers={**_SAFE, "Location": opened.place})
        kind = opened.file.content_type
        how = "inline" if kind.startswith(SHOWN) else "attachment"
        name = quote(opened.file.name, safe="")
        return func.HttpResponse(
            opened.content,
            mimetype=kind,
            headers={
                **_SAFE,
                "Content-Disposition": f"{how}; filename*=UTF-8''{name}",
                "Cache-Control": "private, max-age=300",
            },
        )

    return await responding("files", answer)
