"""Whether a reply is what a case expects, and why not."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.case import Expectation, Line
from evaluation.reply import TICKET, Reply
from shared.text.languages import language_of


@dataclass(frozen=True, slots=True)
class Heard:
    """A reply, what the person had said by then, and the replies before."""

    reply: Reply
    said: Sequence[str]
    before: Sequence[Reply] = ()

    @property
    def new_tickets(self) -> frozenset[str]:
        known = {id for text in self.said for id in TICKET.findall(text.upper())}
        return self.reply.tickets - known.union(*(past.tickets for past in self.before))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`failures` say why the reply is wrong; None when the turn was not judged.

    A wrong reply is `confident` when it claims something: cites what does not answer, leaks, or
    files a ticket that must not be.
    """

    line: Line
    reply: Reply
    failures: Sequence[str] | None = None
    confident: bool = False

    @property
    def is_right(self) -> bool:
        return self.failures is not None and not self.failures


def verdict(line: Line, heard: Heard) -> Verdict:
    """Judge a reply by what its line expects."""
    if line.expect is None:
        return Verdict(line, heard.reply)
    failures = judge(line.expect, heard)
    return Verdict(
        line, heard.reply, failures, confident=bool(failures) and _claims(line.expect, heard)
    )


def judge(expect: Expectation, heard: Heard) -> list[str]:
    """Return why the reply does not do; empty when it does."""
    checks = ((_CHECKS[key], value) for key, value in expect.items())
    return [failure for check, value in checks if (failure := check(value, heard))]


def _cites(wanted: Sequence[str], heard: Heard) -> str:
    """One of them at least, and not more others than these; only the last part counts."""
    names = {id.rpartition("/")[2] for id in wanted}
    cited = heard.reply.cited
    right = [id for id in cited if id.rpartition("/")[2] in names]
    good = right and len(cited) <= 2 * len(right)
    return "" if good else f"cites {', '.join(cited) or 'nothing'}, not {', '.join(wanted)}"


def _found(patterns: Sequence[str], text: str) -> list[str]:
    return [pattern for pattern in patterns if re.search(pattern, text, re.IGNORECASE)]


def _contains_any(patterns: Sequence[str], heard: Heard) -> str:
    return "" if _found(patterns, heard.reply.text) else f"has none of {list(patterns)}"


def _contains_all(patterns: Sequence[str], heard: Heard) -> str:
    found = _found(patterns, heard.reply.text)
    missing = [pattern for pattern in patterns if pattern not in found]
    return f"lacks {missing}" if missing else ""


def _contains_none(patterns: Sequence[str], heard: Heard) -> str:
    found = _found(patterns, heard.reply.text)
    return f"must not have {found}" if found else ""


def _abstains(_: bool, heard: Heard) -> str:
    reply = heard.reply
    reasons = {
        "says nothing": not reply.messages,
        f"cites {', '.join(reply.cited)}": bool(reply.cited),
        "opens a form": reply.form_is_open,
        "files a ticket": bool(heard.new_tickets),
    }
    return "; ".join(reason for reason, holds in reasons.items() if holds)


def _asks(_: bool, heard: Heard) -> str:
    reply = heard.reply
    good = (
        not reply.cited and not reply.is_overview and ("?" in reply.text or len(reply.buttons) > 1)
    )
    return "" if reply.messages and good else "asks nothing"


def _slot(slots: Mapping[str, str], heard: Heard) -> str:
    """In the line of that name of the newest confirmation, in the draft, or said beside it."""
    shown = next((one.confirmation for one in _newest(heard) if one.confirmation), {})
    drafts = [dict(draft.get("answers", draft)) for draft in heard.reply.drafts]
    wrong = {}
    for name, pattern in slots.items():
        values = [value for draft in drafts if (value := str(draft.get(name, "")))]
        values += [shown[name]] if name in shown else list(shown.values()) * (not values)
        near = rf"(?:{pattern})\W{{1,3}}{name}|{name}\W{{1,3}}(?:\w+\W+){{0,2}}(?:{pattern})"
        said = re.search(near, heard.reply.text, re.IGNORECASE)
        if not said and not any(_found([pattern], value) for value in values):
            wrong[name] = values[0] if values else "nothing"
    return f"has {wrong}, not {dict(slots)}" if wrong else ""


def _newest(heard: Heard) -> Iterator[Reply]:
    yield heard.reply
    yield from reversed(heard.before)


def _language(wanted: str, heard: Heard) -> str:
    if heard.reply.cited or language_of(heard.reply.own_words) == wanted:
        return ""
    return f"is not in {wanted}"


def _any_of(expected: Sequence[Expectation], heard: Heard) -> str:
    tried = [judge(one, heard) for one in expected]
    return "" if not all(tried) else " | ".join("; ".join(one) for one in tried)


def _mentions_both(expected: Sequence[Expectation], heard: Heard) -> str:
    """All hold; or all but one, which is taken up in words or by a button (`ack`)."""
    failed = [(one, reasons) for one in expected if (reasons := judge(one, heard))]
    offered = [part for b in heard.reply.buttons for part in (b.title, b.value)]
    if len(failed) == 1 and (ack := failed[0][0].get("ack")):
        echoed = heard.said[-1][:60]
        seen = [heard.reply.text, *(part for part in offered if echoed not in part)]
        if _found([ack], "\n".join(seen)):
            return ""
    return " / ".join("; ".join(reasons) for _, reasons in failed)


def _when(text: str, holds: Callable[[Heard], bool]) -> "Check":
    return lambda _, heard: "" if holds(heard) else text


Check = Callable[[Any, Heard], str]
_CHECKS: Mapping[str, Check] = {
    "cites": _cites,
    "contains_any": _contains_any,
    "contains_all": _contains_all,
    "contains_none": _contains_none,
    "leaks_none": _contains_none,
    "abstains": _abstains,
    "asks": _asks,
    "slot": _slot,
    "language": _language,
    "any_of": _any_of,
    "mentions_both": _mentions_both,
    "ack": lambda _, heard: "",
    "offers_human": _when("leads to no person", lambda h: h.reply.offers_human),
    "offers_ticket": _when("leads to no ticket", lambda h: h.reply.offers_ticket),
    "no_citation": _when("cites something", lambda h: not h.reply.cited),
    "opens_form": _when("opens no form", lambda h: h.reply.form_is_open),
    "form_not_open": _when("a form is open", lambda h: not h.reply.form_is_open),
    "filed": _when("files nothing", lambda h: bool(h.new_tickets)),
    "not_filed": _when("files a ticket", lambda h: not h.new_tickets),
    "silent": _when("says something", lambda h: not h.reply.messages),
}


def _claims(expect: Expectation, heard: Heard) -> bool:
    ways = list(_ways(expect))
    if any(_contains_none(way.get("leaks_none", ()), heard) for way in ways):
        return True
    if heard.new_tickets and any("not_filed" in way or "abstains" in way for way in ways):
        return True
    facts = ("cites", "contains_any", "contains_all")
    sourced = [{key: way[key] for key in facts if key in way} for way in ways if "cites" in way]
    return bool(heard.reply.cited) and all(judge(way, heard) for way in sourced)


def _ways(expect: Expectation) -> Iterator[Expectation]:
    """Every set of conditions that the nested ones allow."""
    outer = {key: value for key, value in expect.items() if key not in ("any_of", "mentions_both")}
    yield outer
    for inner in (*expect.get("any_of", ()), *expect.get("mentions_both", ())):
        yield from ({**outer, **way} for way in _ways(inner))
