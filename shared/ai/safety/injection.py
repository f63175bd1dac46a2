"""Tells a text that tries to steer the bot. It feeds the log and the audit, and decides nothing.

What keeps a bot on its way is built into how it works: passages are quotations, no text chooses a
tool that writes, links go to known hosts. A detector errs; here an error costs a line in a log.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from shared.ai.safety.sieve import Sieve
from shared.ai.safety.signs import SIGNS
from shared.ai.safety.signs_abroad import ABROAD
from shared.ai.safety.signs_of_orders import ORDERS
from shared.ai.safety.signs_of_ruses import RUSES

_SIEVE = Sieve((*SIGNS, *ORDERS, *RUSES, *ABROAD))

SUSPICIOUS = 1.0
"""The weight from which a text is told."""

LONGEST = 6_000
"""Characters that are looked at: half from the beginning, half from the end."""

_INVISIBLE = re.compile(
    r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]"
)
_HOMOGLYPHS = str.maketrans("аеорсухіАВЕКМНОРСТУХ", "aeopcyxiABEKMHOPCTYX")
"""Cyrillic letters that look like Latin ones, put right only within a Latin word."""

_MIXED = re.compile(r"\b(?=\w*[A-Za-z])(?=\w*[\u0400-\u04ff])\w+\b")


_BLANKS, _BREAKS = re.compile(r"[^\S\n]+"), re.compile(r" ?\n[ \n]*")

_DIGITS = str.maketrans("013457@$", "oieastas")
_LEET = re.compile(r"(?<!\w)(?=[\w@$]*[A-Za-z]{2})(?=[\w@$]*[013457@$])[A-Za-z013457@$]{4,}(?!\w)")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """`signs` by name, and what they weigh together."""

    weight: float
    signs: Sequence[str]

    @property
    def is_grave(self) -> bool:
        return self.weight >= SUSPICIOUS


def suspicion(text: str) -> Suspicion:
    """Look for the signs of an injection in what somebody said, or in what was found for them."""
    plain = _plain(text)
    readings = {plain: None, _spelt_out(plain): None}
    borne = {sign.name: sign.weight for reading in readings for sign in _SIEVE.signs_of(reading)}
    weight = sum(borne.values())
    if hidden := len(_INVISIBLE.findall(text)) >= 4:
        weight += 0.5
    names = [*borne] + ["has invisible characters"] * hidden
    return Suspicion(round(weight, 2), names)


def _spelt_out(text: str) -> str:
    """The text with letters for the digits that stand for them within a word."""
    return _LEET.sub(lambda match: match[0].translate(_DIGITS), text)


def _plain(text: str) -> str:
    """The text as it is read: no invisible characters, no look-alikes, one kind of space."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    text = _BREAKS.sub("\n", _BLANKS.sub(" ", text))
    if text.isascii():
        return text
    return _MIXED.sub(lambda match: match[0].translate(_HOMOGLYPHS), text)
