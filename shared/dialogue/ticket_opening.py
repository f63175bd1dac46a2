"""How a message begins that wants a ticket: `please open a ticket: ...`, and several at once."""

import re
from dataclasses import dataclass

_POLITE = (
    r"(?:(?:hi|hello|hey|hallo|guten tag|bonjour|hola|olá|ciao|buongiorno|hoi|dag)\b[\s,!.]*)?"
    r"(?:(?:i'd|i|we|would|want|need|like|have|to|please|can|could|you|let|me|open|create|file|log"
    r"|report|make|raise|submit"
    r"|ich|wir|möchte|möchten|will|wollen|würde|gerne?|bitte|kannst|können|könnten|könntest|du|sie"
    r"|mir|je|j'|j’|nous|veux|voudrais|aimerais|peux|peut|pouvez|vous|tu|ouvrir|ouvrez|ouvre|créer"
    r"|créez|faire|quiero|quisiera|necesito|me|gustaría|puedes?|podría|abrir|abre|crear|hacer"
    r"|quero|queria|gostaria|de|preciso|pode|podes|criar|fazer|vorrei|voglio|puoi|può|potrebbe"
    r"|aprire|apri|creare|fare|ik|wil|zou|graag|kun|kunt|je|u|open|maak|por favor|per favore"
    r"|s'il te plaît|s'il vous plaît|svp|alstublieft)\b[\s,]*)*"
)
_A = (
    r"(?:(?:an?|the|my|another|new|it|ein(?:e|en)?|das|neues|une?|le|nouveau|uno?|el|nuevo|uma?|o"
    r"|novo|il|nuovo|een|nieuw)\s+)*"
)
_TICKET = r"(?:(?:it|support|helpdesk)[\s-]+)?(?:ticket|incident|case|request|chamado|incidencia)"
_TAIL = (
    r"(?:\s+(?:for me|please|about|that|because|for|to be (?:opened|filed)"
    r"|erstellen|öffnen|aufmachen|anlegen|aufgeben|eröffnen|machen|wegen|für mich|für|bitte|weil"
    r"|pour moi|pour|parce que|concernant|para mí|para mim|para|porque|per me|per|perché"
    r"|openen|maken|aanmaken|over|omdat|voor mij|voor|por favor|per favore|svp|graag)\b)*"
)
_BEGINS = rf"{_POLITE}{_A}{_TICKET}\b{_TAIL}[\s:,.!?-]*"
_SEVERAL = (
    r"\b(?:two|2|three|3|several|zwei|drei|mehrere|deux|trois|plusieurs|dos|tres|varios|dois|três"
    r"|vários|due|tre|twee|drie)\s+(?:new |neue |nouveaux |nuevos |novos |nuovi |nieuwe )?"
    r"(?:tickets?|incidents?|cases|requests)\b[\s:,.-]*"
)
_ONE = r"(?:one|a|an|eins?|einen?|une?|uno|uma?|een|the other|another|the second|das andere)"
_BETWEEN = rf"\s*(?:,|;|\+|&|\b(?:and|und|et|y|e|en)\b)\s*(?={_ONE}\b)"
_ABOUT = (
    rf"^{_ONE}\s+(?:is |ist |est |es )?(?:for|about|because of|für|wegen|pour|para|por|per|voor)\s+"
)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a message tells of the ticket, "" for nothing; `more` are those to file after it."""

    said: str
    more: tuple[str, ...] = ()


def opening_of(text: str) -> Begun:
    """Take away the words by which somebody asks for a ticket."""
    if several := re.search(_SEVERAL, text, re.IGNORECASE):
        parts = re.split(_BETWEEN, text[several.end() :], flags=re.IGNORECASE)
        told = [re.sub(_ABOUT, "", part, flags=re.IGNORECASE).strip(" .") for part in parts]
        if len(told) > 1 and all(told):
            return Begun(told[0], tuple(told[1:]))
    begins = re.match(_BEGINS, text, re.IGNORECASE)
    return Begun(" ".join((text[begins.end() :] if begins else text).split()))
