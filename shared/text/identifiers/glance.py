"""Whether a text is worth the look that finds identifiers: no library, and no other pattern."""

from shared.text.pattern import Pattern

_WORTH_A_LOOK = Pattern(
    r"@\w"
    r"|(?<![^\W\d_])(?:\d[ .()/-]{0,3}){7}"
    r"|(?<!\w)[^\W\d_]{2}\d{2}(?:[ -]?\w{4}){2}"  # an IBAN
    r"|(?<!\w)[^\W\d_]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d](?!\w)"  # British
    r"|(?<!\w)(?:[^\W\d_]{3} ?){2}[\dL-Vl-v]{2}[^\W\d_]"  # Italian
    r"|(?<!\w)[XYZxyz][ -]?\d{7}"  # Spanish, of foreigners
)


def may_hold(text: str) -> bool:
    """Whether a text could hold an identifier at all: cheap, and without any library."""
    return _WORTH_A_LOOK.search(text) is not None
