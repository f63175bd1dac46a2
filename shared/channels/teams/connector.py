"""The Bot Connector's REST calls: their paths, and what an answer means for the message.

Source: bot-docs, "Bot Framework REST connector"; learn.microsoft.com, status codes of bot APIs.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

from shared.clients.http import Response
from shared.errors import PermanentError, ReferenceGone, TransientError, Unavailable

_GONE = {
    403: frozenset(
        {
            "botblockedbyuser",
            "botdisabledbyadmin",
            "botdisabledbyuser",
            "botnotinconversationroster",
            "conversationblockedbyuser",
            "forbiddenoperationexception",
            "messagewritesblocked",
        }
    ),
    404: frozenset({"", "botnotinconversationroster", "conversationnotfound", "notfound"}),
}
"""Error codes, in lower case, that say a bot may no longer write in a conversation."""

_COMPARE = (
    "compare app_id, app_type and tenant_id in [channels.teams] with the Azure Bot resource: the "
    "token is good, and the bot that it names may not write there"
)

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def path(segments: Sequence[str]) -> str:
    """Ids as path segments, percent-encoded whole; "." and ".." would climb."""
    if {".", ".."} & set(segments):
        raise PermanentError("bad_id", "a path of dots is not an id")
    return "/".join(quote(segment, safe="") for segment in segments)


def message_id(response: Response) -> str:
    """The id in the connector's answer, "" when it gives none; or the error it stands for."""
    status, answer = response.status, response.json()
    answer = answer if isinstance(answer, dict) else {}
    if 200 <= status < 300 and response.is_page:
        raise TransientError(f"a page answers {status} instead of the connector", maybe_done=True)
    if 200 <= status < 300:
        given = answer.get("id")
        return given if isinstance(given, str) else ""
    error = answer.get("error")
    code = _code(error.get("code")) if isinstance(error, dict) else ""
    if status in (408, 412, 429) or status >= 500:
        raise TransientError(
            f"connector answers {status} {code}",
            after=response.retry_after,
            maybe_done=status == 408 or status >= 500,
        )
    operation = _code(response.headers.get("x-correlating-operationid"))
    detail = f"connector answers {status}, operation {operation or 'unknown'}"
    if code.lower() in _GONE.get(status, ()):
        raise ReferenceGone(code or f"http_{status}", detail)
    if status == 401:
        raise Unavailable(f"{detail}; {_COMPARE}")
    if status == 403:
        detail = f"{detail}; {_COMPARE}"
    raise PermanentError(code or f"http_{status}", detail)


def _code(value: object) -> str:
    """A code fit for a log; free text reads as none."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""
