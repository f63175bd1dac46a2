"""Where the files are that people send on WhatsApp: the Graph API tells by the media's id.

Source: Meta docs, "Media": the address lives for 5 minutes and takes the app's token.
"""

import re

from shared.channels.whatsapp.activity import MEDIA_URL
from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.identity.secrets import Secrets
from shared.media.attachment import Attachment
from shared.media.fetch import MAX_BYTES
from shared.media.place import Place
from shared.media.unread import Reason, Unread
from shared.settings import Settings

HOSTS = frozenset({"lookaside.fbsbx.com"})
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


async def place(
    attachment: Attachment, settings: Settings, http: HttpClient, secrets: Secrets
) -> Place | None:
    """Ask for the address of a file. Raises Unread when it is gone, Unavailable for a while."""
    id = attachment.url.removeprefix(MEDIA_URL)
    if id == attachment.url or not _ID.fullmatch(id) or not settings.whatsapp_access_token:
        return None
    url = f"{settings.whatsapp_graph_url}/{id}"
    token = await secrets.get(settings.whatsapp_access_token)
    headers = {"authorization": f"Bearer {token}"}
    response = await http.request("GET", url, headers=headers)
    if response.status == 401:
        token = await secrets.get(settings.whatsapp_access_token, refused=token)
        headers = {"authorization": f"Bearer {token}"}
        response = await http.request("GET", url, headers=headers)
    if response.status in (401, 408, 429) or response.status >= 500:
        raise Unavailable(f"graph answers {response.status} for a file", after=response.retry_after)
    answer = response.json()
    found = answer if isinstance(answer, dict) else {}
    where, size = found.get("url"), found.get("file_size")
    if response.status != 200 or not isinstance(where, str):
        raise Unread(Reason.GONE, f"graph answers {response.status} for a file")
    if isinstance(size, int) and size > MAX_BYTES:
        raise Unread(Reason.TOO_BIG, f"over {MAX_BYTES:,} bytes")
    return Place(where, HOSTS, headers=headers, loopback=settings.local)
