"""What somebody wants of a ticket that is there: by its words, in all languages at once."""

import re
from enum import Enum


class Wish(Enum):
    """What somebody wants of a ticket that is there."""

    LIST = "list"
    CANCEL = "cancel"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    ADD = "add"


TICKET = re.compile(r"\bT-[A-Z2-7]{4,8}\b", re.IGNORECASE)
_LISTS = (
    r"(?:show|list|see|check|what are)\s+(?:me\s+)?(?:all\s+)?(?:of\s+)?(?:my|the)?\s*"
    r"(?:open\s+)?tickets?|(?:all\s+)?my\s+(?:open\s+)?tickets?|tickets|(?:ticket\s+)?status"
    r"|.*\b(?:status|state|news|update|stand)\b.*\b(?:my|the|meine\w*|mon|mes|mi|mis|meu|mio|mijn)"
    r"\s+tickets?\b.*|.*\bmy\s+tickets?\b.*\b(?:status|doing|resolved|done|ready)\b.*"
    r"|(?:zeige?\s+(?:mir\s+)?)?meine\s+tickets|mes\s+tickets|mis\s+tickets|(?:os\s+)?meus\s+tickets"
    r"|i\s+miei\s+ticket|mijn\s+tickets"
)
_THAT = r"[^.!?]{0,30}\b(?:tickets?|incident|case|request|T-[A-Z2-7]{4,8})\b"
_WISHES = {
    Wish.REOPEN: (
        rf"\b(?:re-?open\w*|open again|rouvr\w+|reabr\w+|riapr\w+|heropen)\b{_THAT}"
        r"|\bticket\b.{0,20}\bwieder (?:öffnen|auf)"
    ),
    Wish.RESOLVE: (
        rf"\b(?:close|resolve|schließ\w*|ferme\w*|clôtur\w+|cierr\w+|fech\w+|chiud\w+|sluit)\b"
        rf"{_THAT}"
    ),
    Wish.CANCEL: (
        rf"\b(?:cancel|withdraw|delete|drop|stornier\w*|lösch\w*|annul\w+|cancel\w+|anular)\b"
        rf"{_THAT}|\bticket\b.{{0,20}}\b(?:stornieren|löschen|zurückziehen)"
    ),
    Wish.ADD: (
        rf"\b(?:add|attach|append|ergänz\w*|füge?|ajout\w+|añad\w+|acrescent\w+|aggiung\w+"
        rf"|toevoegen)\b(?:{_THAT}|[^.!?]{{0,40}}\bto it\b)"
    ),
}
_COMMAND = r"(cancel|resolve|reopen|add)\s+T-"


def wish_of(command: str, text: str, *, in_form: bool) -> Wish | None:
    """What somebody wants of a ticket that is there; within a form only in few words."""
    if command == "/resolve":
        return Wish.RESOLVE if TICKET.match(text) else Wish.LIST
    if len(text) > (40 if in_form else 200):
        return None
    if match := re.match(_COMMAND, text, re.IGNORECASE):
        return Wish(match[1].casefold())
    for wish, pattern in _WISHES.items():
        if re.search(pattern, text, re.IGNORECASE):
            return wish
    if re.fullmatch(_LISTS, text.strip(" .!?"), re.IGNORECASE):
        return Wish.LIST
    return Wish.LIST if not in_form and TICKET.search(text) else None
