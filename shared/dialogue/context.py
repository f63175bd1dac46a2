"""What a message leaves out because it was said before: "and for contractors?"."""

from shared.text.pattern import Pattern
from shared.text.words import STOPWORDS, words

SHORT = 9
"""Words of a message that may lean on the one before it."""

LONGEST = 14
"""Words of a message that leans on another, whatever it begins with."""

_OPENS = Pattern(
    r"(?:and|but|what about|how about|what if|and if|or|also|so|then|und|aber|was ist mit"
    r"|wie ist es"
    r"|wie sieht es|auch|et|mais|et pour|qu en est il|y|pero|y para|que pasa|e|mas|e para|ma"
    r"|e per"
    r"|en|maar|hoe zit het|in that case|if)\b"
)
_REFERS = Pattern(
    r"\b(?:it|its|that|them|they|this|those|these|(?<!is )(?<!are )there|one|ones|then|es"
    r"|dafur|davon|damit"
    r"|dabei|das"
    r"|diese[rsmn]?|dort|ca|cela|ce|y|en|ello|eso|esto|alli|isso|isto|ele|ela|la|questo|quello|ci"
    r"|ne|het|dat|dit|deze|die|er|daarvoor|daar|again|still|already|instead|too|now|jetzt|maintenant|ahora"
    r"|agora|adesso|nu)\b"
)

_THEY = Pattern(r"(?<=\w )(?:sie|ihn|ihm|ihnen)\b")
"""In German these are polite forms of "you" when they are written with a capital."""


def leans(text: str) -> bool:
    """Whether a message says by its words that it goes on with what was said."""
    said = words(text)
    flat = " ".join(said)
    if not said or len(said) > LONGEST:
        return False
    bare = len(said) > 2 and _content(said) <= 1
    refers = _REFERS.search(flat) or _THEY.search(text)
    return opens(text) or bare or (len(said) <= SHORT and refers is not None)


def opens(text: str) -> bool:
    """Whether a message begins as the second half of something: "and ...", "what about ..."."""
    return _OPENS.match(" ".join(words(text))) is not None


def is_short(text: str) -> bool:
    """Whether a message may be a piece of a question."""
    said = words(text)
    return len(said) <= SHORT and _content(said) <= 4


def is_vague(text: str) -> bool:
    """Whether a message has hardly a word that could be looked for."""
    return _content(words(text)) <= 1


def _content(said: list[str]) -> int:
    return len([word for word in said if word not in STOPWORDS])


def completed(text: str, question: str) -> str:
    """The message with the question before it, so that it can be found."""
    return f"{question.rstrip(' ?!.')} {_OPENS.sub('', text.casefold(), count=1).strip()}"
