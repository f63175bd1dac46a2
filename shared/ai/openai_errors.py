"""What the openai SDK raises, in our terms; nothing of what the service wrote is repeated.

Its messages may quote the request, and a request holds what people said.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from shared.ai.metered import Reading
from shared.clients import http
from shared.errors import FabricError, PermanentError, Refused, Unavailable

if TYPE_CHECKING:
    from openai import APIError, APIStatusError

OPERATOR = 60.0
"""Seconds to rest after a failure that somebody has to mend in the settings."""

FILTERED = "platform.filtered"
"""The sentence of the catalogue for what the content filter of the service declines."""

_FILTERS = ("content_filter", "ResponsibleAIPolicyViolation", "content_policy_violation")
_THROTTLED = frozenset({"429", "rate_limit_exceeded", "too_many_requests", "TooManyRequests"})

THROTTLED_SECONDS = 10.0
"""The rest of a deployment that was too busy in the middle of a stream, which tells no time."""

_BUSY = (408, 409, 425, 429)


@contextmanager
def translated(deployment: str, provider: str, seconds: float, reading: Reading) -> Iterator[None]:
    """Raise our errors instead of the SDK's, and note a short code in the reading."""
    from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

    try:
        yield
    except FabricError:
        raise
    except (APITimeoutError, TimeoutError):
        reading.error = "timeout"
        raise Unavailable(
            f"{deployment} gave no answer within {seconds:g} s", maybe_done=True
        ) from None
    except APIConnectionError as error:
        reading.error = "connection"
        unsent = type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout", "PoolTimeout")
        raise Unavailable(f"no connection to {deployment}", maybe_done=not unsent) from None
    except APIStatusError as error:
        reading.error = str(error.status_code)
        raise _for_status(error, deployment, provider) from None
    except APIError as error:
        reading.error = _code(error) or "malformed"
        raise _in_stream(error, deployment) from None
    except (ValueError, AttributeError, TypeError, LookupError):
        reading.error = "malformed"
        raise Unavailable(f"{deployment} broke off or gave no answer", maybe_done=True) from None


def _code(error: "APIError") -> str:
    code = str(error.code or "")
    return code if re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", code) else ""


def _in_stream(error: "APIError", deployment: str) -> FabricError:
    """An error event inside a stream has no status and no headers: its code says it."""
    code = _code(error)
    if code in _THROTTLED:
        return Unavailable(f"{deployment} answers {code}", after=THROTTLED_SECONDS, maybe_done=True)
    if _is_filtered(code, error.body):
        return Refused("the content filter declined it", FILTERED)
    if code == "context_length_exceeded":
        return PermanentError(code, f"the request is too long for {deployment}")
    return Unavailable(f"{deployment} broke off {code}".rstrip(), maybe_done=True)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms`, or `Retry-After` in seconds or as a date; None without."""
    seconds = http.retry_after_ms(headers.get("retry-after-ms", ""))
    return http.retry_after(headers.get("retry-after", "")) if seconds is None else seconds


def _for_status(error: "APIStatusError", deployment: str, provider: str) -> FabricError:
    status, code = error.status_code, str(error.code or "")
    azure = provider == "azure.ai.openai"
    if status == 429 and code == "insufficient_quota":
        return Unavailable(
            "the OpenAI account has no credit left; its owner has to add some", after=OPERATOR
        )
    if status in _BUSY or status >= 500:
        return Unavailable(
            f"{deployment} answers {status}", after=retry_after(error.response.headers)
        )
    if status in (401, 403):
        mend = (
            "check FABRIC_AI_KEY, or remove it and give the app's identity the role Cognitive "
            "Services OpenAI User on the resource"
            if azure
            else "check FABRIC_AI_KEY"
        )
        return Unavailable(f"{deployment} answers {status}: {mend}", after=OPERATOR)
    if status == 404:
        return Unavailable(
            f"there is no deployment {deployment!r} at FABRIC_AI_URL: name one that is there in "
            "FABRIC_AI_MODELS",
            after=OPERATOR,
        )
    if _is_filtered(code, error.body):
        return Refused("the content filter declined it", FILTERED)
    if code == "context_length_exceeded" or status == 413:
        return PermanentError(
            "context_length_exceeded", f"the request is too long for {deployment}"
        )
    return PermanentError("model_request", f"{deployment} answers {status} {code}".strip())


def _is_filtered(code: str, body: Any) -> bool:
    inner = body.get("innererror") if isinstance(body, dict) else None
    inner_code = inner.get("code") if isinstance(inner, dict) else None
    return code in _FILTERS or inner_code in _FILTERS
