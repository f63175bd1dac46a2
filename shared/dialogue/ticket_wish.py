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
_VERBS = {
    Wish.REOPEN: r"(?:re-?open\w*|open again|rouvr\w+|reabr\w+|riapr\w+|heropen)",
    Wish.RESOLVE: (
        r"(?:close|resolve|schließ\w*|ferme\w*|clôtur\w+|cierr\w+|fech\w+|chiud\w+|sluit)"
    ),
    Wish.CANCEL: (
        r"(?:cancel|withdraw|delete|drop|stornier\w*|lösch\w*|annul\w+|cancel\w+|anular)"
    ),
    Wish.ADD: (
        r"(?:add|attach|append|ergänz\w*|füge?|ajout\w+|añad\w+|acrescent\w+|aggiung\w+"
        r"|toevoegen)"
    ),
}
_TICKET = r"[^.!?]{0,30}\b(?:tickets?|incident|case|request|T-[A-Z2-7]{4,8})\b"
_WISHES = {
    Wish.REOPEN: rf"\b{_VERBS[Wish.REOPEN]}\b{_TICKET}|\bticket\b.{{0,20}}\bwieder (?:öffnen|auf)",
    Wish.RESOLVE: rf"\b{_VERBS[Wish.RESOLVE]}\b{_TICKET}",
    Wish.CANCEL: (
        rf"\b{_VERBS[Wish.CANCEL]}\b{_TICKET}"
        r"|\bticket\b.{0,20}\b(?:stornieren|löschen|zurückziehen)"
    ),
    Wish.ADD: rf"\b{_VERBS[Wish.ADD]}\b(?:{_TICKET}|[^.!?]{{0,40}}\bto it\b)",
}
_LEAD = r"(?:(?:please|ok|okay|actually|sorry|no|can you|could you|bitte|also)\b[\s,]*)*"
_IT = r"(?:it|that|this|them|es|das|le|la|lo|ça|isso|het|dat)"
_COMMAND = r"(cancel|resolve|reopen|add)\s+T-"


def wish_of(command: str, text: str, *, in_form: bool, filed: bool = False) -> Wish | None:
    """What somebody wants of a ticket that is there; within a form only in few words.

    With `filed`, where a ticket was filed before, "reopen it" and "add: ..." are about it.
    """
    if command == "/resolve":
        return Wish.RESOLVE if TICKET.match(text) else Wish.LIST
    if len(text) > (40 if in_form else 200):
        return None
    if match := re.match(_COMMAND, text, re.IGNORECASE):
        return Wish(match[1].casefold())
    for wish, pattern in _WISHES.items():
        if re.search(pattern, text, re.IGNORECASE) or (
            filed and not in_form and _is_about_it(wish, text)
        ):
            return wish
    if re.fullmatch(_LISTS, text.strip(" .!?"), re.IGNORECASE):
        return Wish.LIST
    return Wish.LIST if not in_form and TICKET.search(text) else None


def _is_about_it(wish: Wish, text: str) -> bool:
    said = text.strip(" .!?")
    if wish is Wish.ADD:
        return re.match(rf"{_LEAD}{_VERBS[wish]}\b", said, re.IGNORECASE) is not None
    tail = r"(?:\s+(?:please|again|now|bitte))*"
    return re.fullmatch(rf"{_LEAD}{_VERBS[wish]}\s+{_IT}{tail}", said, re.IGNORECASE) is not None


def said_of(ticket: str, text: str) -> str:
    """What is said of a ticket after its number, or after a colon or a "that"."""
    before, named, after = text.partition(ticket)
    if not named:
        _, named, after = text.partition(ticket.lower())
    if named:
        return after
    told = re.search(r"(?::|\b(?:that|dass|que|che|dat)\b)\s*(?P<said>.{4,})", before)
    return told["said"] if told else ""
