"""Payment cards (ISO/IEC 7812) and bank accounts (ISO 13616)."""

import re
from collections.abc import Iterator

from shared.text.identifiers.finding import Finding, Kind, is_announced

_CARD = re.compile(r"(?<![\w.,+-])\d(?:[ -]?\d){11,18}(?![\w]|[.,-]\d)")
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3}){0,2}"  # Visa
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-59]|[689]\d)\d{11,16}"  # Diners Club
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|62\d{14,17}"  # Discover, UnionPay
    r"|35(?:2[89]|[3-8]\d)\d{12,15}|(?:2131|1800)\d{11}"  # JCB
    r"|(?:5[06-8]|6\d)\d{10,17}"  # Maestro
)
_CARD_WORD = re.compile(
    r"\b(?:card|karte\w*|kreditkarte\w*|carte|tarjeta|cartão|cartao|carta|kaart|visa|mastercard"
    r"|maestro|amex)\b\D{0,30}$",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{1,4}){3,9}")


def cards(text: str) -> Iterator[Finding]:
    """Numbers with a right check digit that an issuer gives out, or that are called a card."""
    from stdnum import luhn

    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if luhn.is_valid(digits) and (
            _ISSUED.fullmatch(digits) or is_announced(text, match.start(), _CARD_WORD)
        ):
            yield Finding(Kind.CARD, match.start(), match.end())


def ibans(text: str) -> Iterator[Finding]:
    """Account numbers of a country's own form with right check digits."""
    from stdnum import iban

    for match in _IBAN.finditer(text):
        end = match.end()
        while end - match.start() >= 15:  # what follows may look like a part of it
            if iban.is_valid(text[match.start() : end], check_country=False):
                yield Finding(Kind.IBAN, match.start(), end)
                break
            end = max(text.rfind(mark, match.start(), end) for mark in " -")
