"""Rules for the policies of the gateway: well-formed, in their sections, shut, without a secret."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from infra.check.source import Finding

SECTIONS = ("inbound", "backend", "outbound", "on-error")
ALLOWED: Mapping[str, frozenset[str]] = {
    "base": frozenset(SECTIONS),
    "validate-jwt": frozenset({"inbound"}),
    "rate-limit-by-key": frozenset({"inbound"}),
    "llm-token-limit": frozenset({"inbound"}),
    "llm-emit-token-metric": frozenset({"inbound"}),
    "emit-metric": frozenset(SECTIONS),
    "authentication-managed-identity": frozenset({"inbound"}),
    "set-backend-service": frozenset({"inbound", "backend"}),
    "set-header": frozenset(SECTIONS),
    "choose": frozenset(SECTIONS),
    "limit-concurrency": frozenset(SECTIONS),
    "retry": frozenset(SECTIONS),
    "forward-request": frozenset({"backend"}),
}
"""Where each policy that we write may stand, as its page of the policy reference says."""

HOLDING = frozenset({"choose", "when", "otherwise", "limit-concurrency", "retry"})
"""Elements that hold policies."""

SECRET_HEADERS = ("authorization", "key", "secret", "token")
DIMENSIONS = {"Bot", "Department"}


def check_policies(folder: Path) -> Iterator[Finding]:
    for path in sorted(folder.glob("*.policy.xml")):
        for sentence in sentences(path.read_text()):
            yield Finding(path.name, 1, sentence)


def sentences(text: str) -> Iterator[str]:
    """What is wrong in one policy."""
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 -- our own file
    except ElementTree.ParseError as error:
        yield f"is no XML: {error}"
        return
    if root.tag != "policies" or tuple(child.tag for child in root) != SECTIONS:
        yield f"has not the sections {', '.join(SECTIONS)} in this order"
        return
    for section in root:
        yield from _placed(section, section.tag)
        if section.tag != "backend" and (not len(section) or section[0].tag != "base"):
            yield f"{section.tag} does not begin with base"
    yield from _shut(root)
    for element in root.iter():
        yield from _expressions(element)
        if element.tag == "set-header":
            yield from _secret(element)


def _placed(parent: Element, section: str) -> Iterator[str]:
    for child in parent:
        if child.tag not in ("when", "otherwise"):
            if child.tag not in ALLOWED:
                yield f"{child.tag} is no policy that is known here"
                continue
            if section not in ALLOWED[child.tag]:
                yield f"{child.tag} may not stand in {section}"
        if child.tag in HOLDING:
            yield from _placed(child, section)


def _shut(root: Element) -> Iterator[str]:
    """Who comes in is known before anything is counted, and leaves the key here."""
    inbound = root[0]
    order = [child.tag for child in inbound]
    if order[1:2] != ["validate-jwt"]:
        yield "validate-jwt is not the first policy after base"
    deleted = {
        header.get("name")
        for header in inbound.iter("set-header")
        if header.get("exists-action") == "delete"
    }
    if "Ocp-Apim-Subscription-Key" not in deleted:
        yield "the subscription key goes on to the backend"
    if not {"set-backend-service"} <= set(order):
        yield "no backend is set"
    if len(list(root[1].iter("forward-request"))) != 1:
        yield "the request is not forwarded once"
    measured = {one.get("name") for one in inbound.iter("dimension")}
    if not measured >= DIMENSIONS:
        yield "no metric says which bot and department it was"
    if not any(one.get("name") == "x-request-id" for one in inbound.iter("set-header")):
        yield "the request has no id"


def _expressions(element: Element) -> Iterator[str]:
    for value in (*element.attrib.values(), element.text or ""):
        if value.startswith("@(") and (_depth(value) or not value.endswith(")")):
            yield f"{element.tag}: the expression {value[:40]} does not end"


def _depth(expression: str) -> int:
    depth, quoted = 0, False
    for letter in expression:
        quoted ^= letter == '"'
        if not quoted:
            depth += (letter == "(") - (letter == ")")
    return depth or int(quoted)


def _secret(header: Element) -> Iterator[str]:
    name = str(header.get("name"))
    value = (header.findtext("value") or "").removeprefix("Bearer ").strip()
    named = value.startswith("{{") and value.endswith("}}")
    if value and not named and any(word in name.lower() for word in SECRET_HEADERS):
        yield f"{name} holds a value; write the name of a secret in the vault"
