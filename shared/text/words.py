"""The words of a text, folded and stemmed: what ranking and retrieval compare."""

import re
import unicodedata
from functools import lru_cache

_STOPWORDS = """
a about also am an and any are arent as at be been being but by can cannot cant could couldnt
did didnt do does doesnt doing done dont for from get give got had hadnt has hasnt have havent
having he hello help her here hey hi him his how hows i id if ill im in into is isnt it its ive
just know let lets like many may me might mine must my need no not of off on or our out over
please pls shall she should shouldnt so some tell than thank thanks that thats the their them
then there theres these they theyre this those to too up us very want was wasnt we were werent
weve what whats when where wheres which who whom whose why will with wont would wouldnt yes you
your youre yours youve
"""
STOPWORDS = frozenset(_STOPWORDS.split())

LONGEST = 40
"""Characters of a word that count; what is longer is no word."""

_WORD = re.compile(r"[^\W_]+")
_SUFFIXES = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))


def words(text: str) -> list[str]:
    """Words in lower case without accents and apostrophes, in any script that has spaces."""
    folded = text.casefold().replace("'", "").replace("’", "")
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in decomposed if not unicodedata.combining(c))
    return [word[:LONGEST] for word in _WORD.findall(folded)]


@lru_cache(maxsize=1 << 15)
def stem(word: str) -> str:
    """A word without its English inflection, so that `claims`, `claimed` and `claim` are one."""
    for suffix, end in _SUFFIXES:
        if len(word) - len(suffix) >= 3 and word.endswith(suffix) and not word.endswith("ss"):
            word = word.removesuffix(suffix) + end
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def terms(text: str) -> list[str]:
    """Stems of the words that carry meaning; of all words when none does."""
    found = words(text)
    return [stem(word) for word in found if word not in STOPWORDS] or [stem(w) for w in found]
