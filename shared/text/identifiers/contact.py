"""E-mail addresses and telephone numbers."""

import re
from collections.abc import Iterator

from shared.text.identifiers.finding import Finding, Kind, is_announced

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w][\w.+%'-]{0,63}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24}(?![\w-])"
)
_NUMBER = re.compile(
    r"(?<![\w.:#€$£=])(?<!\d[,/-])(?<!-)"
    r"(?:\+|\(\+?)?\d{1,15}\)?(?:(?:(?: ?[./-] ?|[ \u00a0]{1,2})\(?|(?<=\))|\()\d{1,12}\)?){0,8}"
    r"(?P<extension>,? ?(?:x|ext\.?|extension|#|app\.?|poste|dw) ?\d{1,6})?"
    r"(?!\w|[:/]\d|[.,]\d)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
_GROUPED = re.compile(r"0\d{1,5}[ ./-].*|\(\d{1,5}\).*|[2-9]\d{2}([-.])[2-9]\d{2}\1\d{4}")
"""Written as national numbers are: with a trunk zero, an area in brackets, or as in America."""

_BEFORE = re.compile(
    r"(?:\b(?:tele)?(?:phone|fax)|\bfon|\btel(?:e?f(?:on|ono|oon|one)\w*)?|\bt[ée]l[ée]ph?on\w*"
    r"|\bmobil\w*|\bmobiel|\bcell(?:ulare|phone)?|\bcelular|\bhandy\w*|\bportable|\bm[óo]vil"
    r"|\btelem[óo]vel|\bwhats ?app|\bsms|\bsignal|\blandline|\bfestnetz|\bextension|\bhotline"
    r"|\b(?:call|ring|dial|text|reach|phone|contact|message|page|buzz)(?:ed|ing)?"
    r"(?: (?:me|us|him|her|them|back))*"
    r"|\b(?:r[uü]ck)?ruf\w*|\banruf\w*|\banzurufen|\berreich\w*|\bappel\w*|\brappel\w*|\bjoindre"
    r"|\bll[aá]m\w*|\bligar?|\bligue\w*|\bchiam\w*|\bbel(?:len|t)?|\bopbellen"
    r"|\b(?:my|our|his|her|their) (?:new |private |work )?number|\bmeine (?:neue )?nummer"
    r"|\bmon num[ée]ro|\bmi n[úu]mero|\bo meu n[úu]mero|\bmio numero|\bmijn nummer)\b"
    r"(?:(?!\b(?:order|ticket|invoice|case|card|license|licence|account|bestell\w*)\b)\D){0,30}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\W{0,3}(?:office|fax|mobile|cell|home|work|phone|tel|landline|whats ?app|b[üu]ro|mobil|handy"
    r"|bureau|portable|oficina|m[óo]vil|ufficio|cellulare|kantoor|mobiel"
    r"|(?:is|ist|est|es|è|é) (?:my|our|meine|mon|mi|il mio|o meu|mijn) (?:\w+ )?(?:n[uúo]m+[eé]r\w*"
    r"|mobil\w*|cell\w*|phone|telefon\w*|handy\w*|portable|m[óo]vil|telem[óo]vel|landline)"
    r"|is (?:my|our) (?:\w+ )?number)\b",
    re.IGNORECASE,
)
REGIONS = ("US", "GB", "DE", "FR", "ES", "PT", "IT", "NL", "AT", "CH", "BE", "PL")
"""Countries whose national numbers are recognised without a word that says what they are."""


def emails(text: str) -> Iterator[Finding]:
    for match in _EMAIL.finditer(text):
        yield Finding(Kind.EMAIL, match.start(), match.end())


def phones(text: str) -> Iterator[Finding]:
    """International numbers, numbers that are called one, and national ones as they are written."""
    for match in _NUMBER.finditer(text):
        digits = sum(map(str.isdigit, _dialled(match)))
        if not 7 <= digits <= 15 or _DATE.fullmatch(match[0]):
            continue
        if _is_phone(text, match):
            start, end = _without_brackets_around(match)
            yield Finding(Kind.PHONE, start, end)


def _without_brackets_around(match: re.Match[str]) -> tuple[int, int]:
    """Where the number stands, without the brackets of a sentence: `(+49 30 23125110)`."""
    number, (start, end) = match[0], match.span()
    if number.endswith(")") and number.find(")") == len(number) - 1:
        end -= 1
        start += number.startswith("(")
    return start, end


def _dialled(match: re.Match[str]) -> str:
    """The number without its extension."""
    return match[0].removesuffix(match["extension"] or "")


def _is_phone(text: str, match: re.Match[str]) -> bool:
    number = _dialled(match)
    if number.lstrip("(").startswith("+"):
        return sum(map(str.isdigit, number)) >= 8
    if is_announced(text, match.start(), _BEFORE) or _AFTER.match(text, match.end()):
        return True
    return (number.startswith("00") or _GROUPED.fullmatch(number) is not None) and _exists(number)


def _exists(number: str) -> bool:
    """Whether some country has given out numbers of this form."""
    import phonenumbers

    regions = ("US",) if number[0] in "23456789" else REGIONS
    if number.startswith("00"):
        number, regions = f"+{number[2:]}", ("US",)
    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
