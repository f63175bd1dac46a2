"""Policies of API Management, from what `backends.toml` and the manifests declare.

The gateway enforces per bot, over all instances, the numbers that the library enforces per
process. Sources: learn.microsoft.com, "API Management policy reference": validate-jwt,
rate-limit-by-key, llm-token-limit, llm-emit-token-metric, limit-concurrency, retry,
forward-request, authentication-managed-identity.
"""

from collections.abc import Mapping, Sequence
from math import floor
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from shared.integrations.gateway import BOT_HEADER, DEPARTMENT_HEADER, KEY_HEADER, NOBODY
from shared.integrations.http_backend import REPEATABLE
from shared.manifest.backends import Declaration

WINDOW_SECONDS = 60
"""A rate counts calls in so long, so that fractions of a call a second are whole numbers."""

MODEL_SCOPE = "https://cognitiveservices.azure.com"
MODEL_SECONDS = 120
NAMESPACE = "bot-fabric"
KEYS = "https://login.microsoftonline.com/{{tenant-id}}/v2.0/.well-known/openid-configuration"
_OWN_ID = "context.RequestId.ToString()"
SECTIONS = ("inbound", "backend", "outbound", "on-error")


def of_backend(name: str, declared: Declaration) -> str:
    """The policy of one backend, as XML."""
    root, inbound, backend = _frame()
    if calls := calls_a_window(declared):
        SubElement(
            inbound,
            "rate-limit-by-key",
            {
                "calls": str(calls),
                "renewal-period": str(WINDOW_SECONDS),
                "counter-key": f"@({_asked(BOT_HEADER)})",
                "retry-after-header-name": "Retry-After",
            },
        )
    metric = SubElement(
        inbound, "emit-metric", {"name": "backend-calls", "value": "1", "namespace": NAMESPACE}
    )
    _dimensions(metric)
    _proof(inbound, name, declared)
    SubElement(inbound, "set-backend-service", {"backend-id": name})
    limited = SubElement(
        backend, "limit-concurrency", {"key": name, "max-count": str(declared.concurrency)}
    )
    if declared.tries > 1:
        limited = SubElement(
            limited,
            "retry",
            {
                "condition": f"@({_may_repeat(declared)})",
                "count": str(declared.tries - 1),
                "interval": "1",
                "first-fast-retry": "true",
            },
        )
    SubElement(limited, "forward-request", {**_timeout(declared), "buffer-request-body": "true"})
    return _text(root)


def of_models(tokens_per_day: Mapping[str, int]) -> str:
    """The policy of the models; `tokens_per_day` by bot, for those that have a limit.

    The library tries again and falls back; a second layer would multiply the tries.
    """
    root, inbound, backend = _frame()
    if tokens_per_day:
        choose = SubElement(inbound, "choose")
    for bot, tokens in sorted(tokens_per_day.items()):
        when = SubElement(choose, "when", {"condition": f'@({_asked(BOT_HEADER)} == "{bot}")'})
        SubElement(
            when,
            "llm-token-limit",
            {
                "counter-key": bot,
                "token-quota": str(tokens),
                "token-quota-period": "Daily",
                "estimate-prompt-tokens": "true",
                "retry-after-header-name": "Retry-After",
            },
        )
    _dimensions(SubElement(inbound, "llm-emit-token-metric", {"namespace": NAMESPACE}))
    SubElement(inbound, "authentication-managed-identity", {"resource": MODEL_SCOPE})
    SubElement(inbound, "set-backend-service", {"backend-id": "models"})
    SubElement(
        backend, "forward-request", {"timeout": str(MODEL_SECONDS), "buffer-response": "false"}
    )
    return _text(root)


def calls_a_window(declared: Declaration) -> int:
    """How many calls one bot may make in the window; 0 for any number."""
    if declared.requests_per_second is None:
        return 0
    return max(1, floor(declared.requests_per_second * WINDOW_SECONDS))


def _frame() -> tuple[Element, Element, Element]:
    """What all policies have in common: who may come in, and the trace of the call."""
    root = Element("policies")
    sections = {name: SubElement(root, name) for name in SECTIONS}
    for name in SECTIONS:
        if name != "backend":
            SubElement(sections[name], "base")
    inbound = sections["inbound"]
    proof = SubElement(
        inbound,
        "validate-jwt",
        {
            "header-name": "Authorization",
            "failed-validation-httpcode": "401",
            "require-expiration-time": "true",
            "require-signed-tokens": "true",
        },
    )
    SubElement(proof, "openid-config", {"url": KEYS})
    SubElement(SubElement(proof, "audiences"), "audience").text = "{{gateway-audience}}"
    _header(inbound, "x-request-id", f"@({_OWN_ID})", "skip")
    _header(inbound, KEY_HEADER, "", "delete")
    asked = f'context.Request.Headers.GetValueOrDefault("x-request-id", {_OWN_ID})'
    for name in ("outbound", "on-error"):
        _header(sections[name], "x-request-id", f"@({asked})", "override")
    return root, inbound, sections["backend"]


def _proof(inbound: Element, name: str, declared: Declaration) -> None:
    """What the backend knows the gateway by; the app's own token goes no further."""
    if declared.scope:
        resource = declared.scope.removesuffix("/.default")
        SubElement(inbound, "authentication-managed-identity", {"resource": resource})
        return
    _header(inbound, "Authorization", "", "delete")
    if declared.key:
        bearer = "Bearer " * (declared.key_header.casefold() == "authorization")
        _header(inbound, declared.key_header, f"{bearer}{{{{backend-{name}-key}}}}", "override")


def _header(parent: Element, name: str, value: str, action: str) -> None:
    header = SubElement(parent, "set-header", {"name": name, "exists-action": action})
    if value:
        SubElement(header, "value").text = value


def _dimensions(metric: Element) -> None:
    for name, header in (("Bot", BOT_HEADER), ("Department", DEPARTMENT_HEADER)):
        SubElement(metric, "dimension", {"name": name, "value": f"@({_asked(header)})"})
    SubElement(metric, "dimension", {"name": "API ID"})


def _asked(header: str) -> str:
    return f'context.Request.Headers.GetValueOrDefault("{header}", "{NOBODY}")'


def _may_repeat(declared: Declaration) -> str:
    """Once more after an answer that may be another one, and only what does the same twice."""
    code = "context.Response.StatusCode"
    passing = f"{code} == 408 || {code} == 425 || {code} == 429 || {code} >= 500"
    methods: Sequence[str] = sorted(REPEATABLE)
    safe = " || ".join(f'context.Request.Method == "{method}"' for method in methods)
    if declared.idempotency_header:
        safe += f' || context.Request.Headers.ContainsKey("{declared.idempotency_header}")'
    return f"context.Response != null && ({passing}) && ({safe})"


def _timeout(declared: Declaration) -> dict[str, str]:
    seconds = declared.timeout_seconds
    if seconds == int(seconds):
        return {"timeout": str(int(seconds))}
    return {"timeout-ms": str(round(seconds * 1000))}


def _text(root: Element) -> str:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"
