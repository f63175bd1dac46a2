"""Numbers that states give to people, by their structure and check digits.

A form that few other numbers have is recognised by itself; plain digits only after the word that
says what they are.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from shared.text.identifiers.finding import Finding, Kind, is_announced


def _words(*names: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(names)})\b\D{{0,30}}$", re.IGNORECASE)


def _checked(module: str) -> Callable[[str], bool]:
    """The check of a number's form in python-stdnum, imported when it is first needed."""
    return lambda value: bool(import_module(f"stdnum.{module}").is_valid(value))


@dataclass(frozen=True, slots=True)
class Scheme:
    """How one country writes a number. `words` must stand before `plain`, not before `pattern`."""

    country: str
    check: Callable[[str], bool]
    pattern: re.Pattern[str] | None = None
    plain: re.Pattern[str] | None = None
    words: re.Pattern[str] | None = None


_START, _END = r"(?<![\w.,+-])", r"(?![\w]|[.,-]\d)"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(f"{_START}(?:{pattern}){_END}", re.IGNORECASE)


_NINO = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]")
"""HMRC's manual NIM39110."""


def _nino(value: str) -> bool:
    return _NINO.fullmatch(re.sub(r"[\s-]", "", value).upper()) is not None


SCHEMES = (
    Scheme(
        "US",
        _checked("us.ssn"),
        _form(r"\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4}"),
        _form(r"\d{9}"),
        _words("ssn", "social security(?: number| no)?"),
    ),
    Scheme("GB", _nino, _form(r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]")),
    Scheme(
        "GB",
        _checked("gb.nhs"),
        plain=_form(r"\d{3}[ -]?\d{3}[ -]?\d{4}"),
        words=_words("nhs(?: number| no)?"),
    ),
    Scheme("DE", _checked("de.idnr"), _form(r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}")),
    Scheme(
        "FR", _checked("fr.nir"), _form(r"[1-478] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}")
    ),
    Scheme("ES", _checked("es.dni"), _form(r"\d{2}\.?\d{3}\.?\d{3}[ -]?[A-Z]")),
    Scheme("ES", _checked("es.nie"), _form(r"[XYZ][ -]?\d{7}[ -]?[A-Z]")),
    Scheme(
        "IT",
        _checked("it.codicefiscale"),
        _form(
            r"[A-Z]{3} ?[A-Z]{3} ?[\dL-NP-V]{2}[A-EHLMPRST][\dL-NP-V]{2} ?[A-Z][\dL-NP-V]{3} ?[A-Z]"
        ),
    ),
    Scheme(
        "NL",
        _checked("nl.bsn"),
        plain=_form(r"\d{4}[ .]?\d{2}[ .]?\d{3}|\d{3}[ .]\d{3}[ .]\d{3}"),
        words=_words("bsn", "burgerservicenummer", "sofinummer", "citizen service number"),
    ),
    Scheme(
        "PT",
        _checked("pt.nif"),
        plain=_form(r"\d{3} ?\d{3} ?\d{3}"),
        words=_words("nif", "contribuinte", "número fiscal"),
    ),
    Scheme("PL", _checked("pl.pesel"), _form(r"\d{11}")),
)


def national_ids(text: str) -> Iterator[Finding]:
    for scheme in SCHEMES:
        for pattern, words in ((scheme.pattern, None), (scheme.plain, scheme.words)):
            for match in pattern.finditer(text) if pattern else ():
                if words is not None and not is_announced(text, match.start(), words):
                    continue
                if scheme.check(match[0]):
                    yield Finding(Kind.NATIONAL_ID, match.start(), match.end())
