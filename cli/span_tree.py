"""Spans as lines: a tree for each trace, with what its hops took and what became of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from shared.observability import conventions as names
from shared.operations.reports.span_cost import is_charged, tokens_of, usd_of

if TYPE_CHECKING:
    from shared.governance.prices import Prices
    from shared.observability.trace import Span

_USUAL: dict[str, object] = {"delivery": 1, "tries": 1, "attempt": 0, "tokens": 0, "RU": 0}


@dataclass(frozen=True, slots=True)
class Tree:
    """Prints traces at the prices of the day of each span."""

    prices: "Prices"

    def lines(self, spans: Sequence["Span"]) -> Iterator[str]:
        """One tree for each trace, each span below what caused it, with its begin and length."""
        traces: defaultdict[str, list[Span]] = defaultdict(list)
        for span in spans:
            traces[span.trace_id].append(span)
        for members in traces.values():
            members.sort(key=lambda span: span.started)
            yield self._summary(members)
            known = {span.span_id for span in members}
            children: defaultdict[str, list[Span]] = defaultdict(list)
            for span in members:
                children[span.parent_id if span.parent_id in known else ""].append(span)
            yield from self._below(children, "", members[0].started, "")

    def _summary(self, members: Sequence["Span"]) -> str:
        began = members[0].started
        when = datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds")
        total = max(span.started + span.seconds for span in members) - began
        waited = sum(span.seconds for span in members if span.name.startswith("receive "))
        turns = [span for span in members if span.name.startswith("turn ")]
        again = sum(int(span.attributes.get(names.ATTEMPT, 0)) > 0 for span in turns)
        units = sum(float(span.attributes.get(names.REQUEST_UNITS, 0)) for span in turns)
        parts = [
            f"trace {members[0].trace_id}",
            when,
            f"{total:.3f} s",
            f"waited {waited:.3f} s" if waited else "",
            f"{sum(map(tokens_of, members))} tokens",
            self._money(members),
            f"{units:.2f} RU" if units else "",
            f"{again} retried" if again else "",
        ]
        return "  ".join(filter(None, parts))

    def _money(self, spans: Sequence["Span"]) -> str:
        """What has a price, and whether something has none."""
        charged = [usd_of(span, self.prices) for span in spans if is_charged(span)]
        known = [usd for usd in charged if usd is not None]
        usd = f"{sum(known, Decimal()):.6f} USD" if known else ""
        return usd if len(known) == len(charged) else f"{usd} and unpriced".removeprefix(" and ")

    def _below(
        self, children: dict[str, list["Span"]], parent: str, began: float, indent: str
    ) -> Iterator[str]:
        for span in children.get(parent, ()):
            offset, length = (span.started - began) * 1000, span.seconds * 1000
            detail = self.detail(span)
            yield f"  +{offset:8.1f} ms {length:8.1f} ms  {indent}{span.name}{detail}"
            yield from self._below(children, span.span_id, began, indent + "  ")

    def detail(self, span: "Span") -> str:
        """What an operator looks for: how it ended, tries, tokens, money, request units."""
        told = span.attributes
        found: dict[str, object] = {
            "": told.get(names.FATE, ""),
            "version": told.get(names.VERSION, ""),
            "status": told.get(names.STATUS, ""),
            "delivery": told.get(names.DELIVERY_COUNT, 1),
            "attempt": told.get(names.ATTEMPT, 0),
            "tries": told.get(names.TRIES, 1),
            "found": told.get(names.FOUND, ""),
            "tokens": tokens_of(span),
            "RU": told.get(names.REQUEST_UNITS, 0),
        }
        if unit := told.get(names.SERVICE_UNIT):
            found[str(unit)] = told.get(names.SERVICE_AMOUNT, 0)
        parts = [
            f"{name} {value}".strip()
            for name, value in found.items()
            if value != "" and value != _USUAL.get(name)
        ]
        if is_charged(span):
            parts.append(self._money([span]))
        if error := span.error or told.get(names.ERROR_TYPE, ""):
            parts.append(f"FAILED {error}")
        parts += [f"see {link[3:35]}" for link in span.links]
        return f"  [{', '.join(parts)}]" if parts else ""
