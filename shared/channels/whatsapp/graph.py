"""What the Graph API's answer to a send means for the message, by `error.code`, not by status.

Throttles come as HTTP 400, and some permanent errors as 500. Source: Meta docs, "Cloud API
error codes".
"""

from typing import Any

from shared.clients.http import Response
from shared.errors import PermanentError, TransientError, WindowShut

_RETRY: dict[int, float | None] = {
    1: None,
    2: None,
    4: 60,
    80007: 60,
    130429: 1,
    131000: None,
    131016: None,
    131056: 6,
    131057: 300,
    133016: 600,
}
"""Codes that pass by themselves, and the seconds to wait when no Retry-After says so."""

_VAGUE = frozenset({1, 2, 131000, 131016})
"""Those of them that do not say whether the message went out all the same."""

_MEDIA = 131053
_FETCH_AGAIN_SECONDS, _FETCH_GIVEN_UP_SECONDS = 5.0, 600.0
"""When Meta is asked again to fetch a file, and how long: what is said next waits behind it."""

_WHOLE_NUMBER = frozenset({4, 80007, 130429})
"""Those that are about all that a number sends, not about one person."""

_RENEW = "set FABRIC_WHATSAPP_ACCESS_TOKEN to a valid system user token"
_RIGHTS = (
    "give the system user of FABRIC_WHATSAPP_ACCESS_TOKEN the permission "
    "whatsapp_business_messaging on this account"
)
_NUMBER = "check phone_number_id in [channels.whatsapp] of the bot, and the parameters sent"
_ACCOUNT = "see the account's restrictions in WhatsApp Manager"
_TEMPLATE = (
    "name an approved template without parameters in template and template_language of "
    "[channels.whatsapp]"
)

_SHUT = 131047

_ADVICE = {
    0: _RENEW,
    3: _RIGHTS,
    10: _RIGHTS,
    33: _NUMBER,
    100: _NUMBER,
    190: _RENEW,
    368: _ACCOUNT,
    130472: "the person is in an experiment of Meta's and gets no marketing; do not send again",
    130497: _ACCOUNT,
    131005: _RIGHTS,
    131008: "a required parameter is missing",
    131009: "a parameter has a wrong value",
    131021: "sender and recipient are the same number",
    131026: "the person has no WhatsApp, an old version, or has not agreed to the terms",
    131030: "a test number only reaches the recipients listed for it in the app dashboard",
    131031: _ACCOUNT,
    131037: "the number's display name awaits approval in WhatsApp Manager",
    131042: "settle the payment method in WhatsApp Manager",
    131045: "register the number of [channels.whatsapp] with Meta",
    _SHUT: "over 24 hours since the person wrote: only a template may be sent",
    131048: "Meta limits the number for spam: stop, and see its quality in WhatsApp Manager",
    131049: "Meta limits marketing to this person: wait at least 24 hours",
    131050: "the person has stopped marketing messages",
    131051: "message type not supported",
    131052: "Meta could not download the media",
    _MEDIA: "Meta could not take the media: check its type and size",
}


class NumberThrottled(TransientError):
    """Meta takes no more from this number for `after` seconds, whomever a message is for."""


def message_id(response: Response, *, fetches: bool = False) -> str:
    """The wamid, "" when the answer has none (a read receipt); or the error it stands for.

    `fetches` when Meta had to fetch a file for the message, which may fail for a moment.
    """
    messages = checked(response, fetches=fetches).get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    id = first.get("id") if isinstance(first, dict) else None
    return id if isinstance(id, str) else ""


def checked(response: Response, *, fetches: bool = False) -> dict[str, Any]:
    """The answer to what Meta took; or the error it stands for."""
    status, answer = response.status, response.json()
    answer = answer if isinstance(answer, dict) else {}
    code = _code(answer.get("error"))
    if code is not None:
        raise _error(
            code,
            response,
            is_transient=answer["error"].get("is_transient") is True,
            fetches=fetches,
        )
    if response.is_page:
        raise TransientError(f"a page answers {status} instead of graph", maybe_done=True)
    if 200 <= status < 300:
        return answer
    if status == 429:
        raise NumberThrottled("graph answers 429", after=response.retry_after)
    if status == 408 or status >= 500:
        raise TransientError(
            f"graph answers {status}",
            after=response.retry_after,
            maybe_done=status == 408 or status >= 500,
        )
    raise PermanentError(f"http_{status}", _RENEW if status == 401 else "no error code")


def _error(
    code: int, response: Response, *, is_transient: bool, fetches: bool
) -> TransientError | PermanentError:
    """By the code where it is known, else by the status and what Meta says of it."""
    status, after = response.status, response.retry_after
    answer = f"graph answers {status}, code {code}"
    if code in _RETRY:
        kind = NumberThrottled if code in _WHOLE_NUMBER else TransientError
        after = _RETRY[code] if after is None else after
        return kind(answer, after=after, maybe_done=status >= 500 and code in _VAGUE)
    if code == _MEDIA and fetches:
        after = _FETCH_AGAIN_SECONDS if after is None else after
        return TransientError(answer, after=after, within=_FETCH_GIVEN_UP_SECONDS)
    if not _is_final(code) and (is_transient or status in (408, 429) or status >= 500):
        return TransientError(answer, after=after, maybe_done=status == 408 or status >= 500)
    if 200 <= code <= 299:
        return PermanentError(f"whatsapp_{code}", _RIGHTS)
    if code == _SHUT:
        return WindowShut(f"whatsapp_{code}", _ADVICE[code])
    if 132000 <= code <= 132068:
        return PermanentError(f"whatsapp_{code}", _TEMPLATE)
    return PermanentError(f"whatsapp_{code}", _ADVICE.get(code, f"graph answers {response.status}"))


def _is_final(code: int) -> bool:
    return code in _ADVICE or 200 <= code <= 299 or 132000 <= code <= 132068


def _code(error: Any) -> int | None:
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None
