"""Small numbers as words, and numbers as each language writes them."""

import re

_WORDS = {
    1: "one a an ein eine einen einem einer eins un une uno una um uma een",
    2: "two zwei deux dos dois duas due twee couple",
    3: "three drei trois tres três tre drie",
    4: "four vier quatre cuatro quatro quattro",
    5: "five fünf cinq cinco cinque vijf",
    6: "six sechs seis sei zes",
    7: "seven sieben sept siete sete sette zeven",
    8: "eight acht huit ocho oito otto",
    9: "nine neun neuf nueve nove negen",
    10: "ten zehn dix diez dez dieci tien",
    11: "eleven elf onze once undici",
    12: "twelve zwölf douze doce doze dodici twaalf dozen",
}
_ACCENTS = str.maketrans("üöäéêèóíã", "uoaeeeoia")
NUMERALS = {
    word.translate(_ACCENTS): number for number, words in _WORDS.items() for word in words.split()
}
"""Folded words for numbers."""

ARTICLES = frozenset(_WORDS[1].split()) - {"one", "eins"}
"""Words for one that mostly are none: `a room for Monday`."""

NUMBER = r"[-+−]?\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d+)?|[-+−]?\d+(?:[.,]\d+)?"


def numeral(text: str, *, decimal_comma: bool = False) -> float | None:
    """The number that a folded text is, whole: `12`, `1,250.50`, `1.250,50`, `twelve`."""
    said = text.strip()
    if said in NUMERALS:
        return NUMERALS[said]
    if not re.fullmatch(NUMBER, said):
        return None
    sign = -1.0 if said[0] in "-−" else 1.0
    digits = said.lstrip("-+−").replace(" ", "").replace("'", "")
    marks = [mark for mark in digits if mark in ".,"]
    if len(set(marks)) == 2:  # both: the last one begins the fraction
        thousands = marks[0]
        digits = digits.replace(thousands, "").replace(",", ".")
    elif len(marks) > 1:
        digits = digits.replace(marks[0], "")
    elif marks:
        grouped = len(digits.partition(marks[0])[2]) == 3
        fraction = "," if decimal_comma else "."
        digits = digits.replace(marks[0], "" if grouped and marks[0] != fraction else ".")
    return sign * float(digits)
