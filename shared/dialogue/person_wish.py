"""What is said about a person to talk to: that one is wanted, is waited for, or no longer.

Patterns are over `words`, in all languages at once.
"""

import re

from shared.dialogue.forms.manner import asks
from shared.text.words import words

LONGEST_WAKE = 8
"""Words of a message by which somebody may call the bot back."""

LONGEST_BARE = 4
"""Words of a message that is no sentence, as in "agent please"."""

LONGEST_INSISTING = 10
"""Words of a message by which somebody leaves a form for a person."""

_HUMAN = (
    r"(?:person|people|humans?|agents?|colleagues?|operator|representative|advisor|manager"
    r"|supervisor|mensch(?:en)?|mitarbeiter(?:in)?|berater(?:in)?|kolleg(?:en?|in)|chef(?:in)?"
    r"|vorgesetzten?|personne|humain|conseill(?:er|ere)|collegue|responsable|operat(?:eur|rice)"
    r"|persona|humano|agente|operador[ae]?|asesora?|companero|encargad[oa]"
    r"|pessoa|atendente|colega|responsavel|umano|operatore|addetto|responsabile|collega"
    r"|mens|medewerk(?:er|ster)|persoon|leidinggevende)"
)
_SOMEBODY = (
    r"(?:somebody|someone|sum1|staff|jemand(?:en|em)?|quelqu ?un|alguien|alguem|qualcuno|iemand)"
)
_SPEAK = (
    r"(?:talk|speak|chat|connect|reach|contact|transfer|ask for|get|give|want|need|put"
    r"|sprechen|spreche|reden|rede|verbinden?|durchstellen|telefonieren|chatten"
    r"|parler|parle|discuter|passe[rz]?|contacter|joindre"
    r"|hablar|hablo|hable|pasarme|paseme|contactar|comunicar(?:me)?|comuniqueme"
    r"|falar|falo|fale|passar|contatar|conversar|parlare|parlo|parli|passatemi|passarmi|contattare"
    r"|spreken|spreek|praten|praat|doorverbinden|bellen)"
)
_TALK = (
    r"(?:talk|speak|chat|put me|connect me|transfer me|get me|give me|sprechen|reden|verbinden?"
    r"|parler|hablar|falar|parlare|spreken|praten)"
)
_NEED = (
    r"(?:brauche?|benotige|mochte|will|gib|geben|hol(?:e|en)?|besoin d|veux|voudrais|necesito"
    r"|quiero|quisiera|preciso|quero|queria|gostaria|bisogno di|vorrei|voglio|wil|nodig)"
)
_WANTS = (
    rf"\b{_SPEAK}\b.{{0,40}}\b(?:{_HUMAN}|{_SOMEBODY})\b"
    rf"|\b(?:mit|zu|met)\b.{{0,30}}\b(?:{_HUMAN}|{_SOMEBODY})\b.{{0,30}}\b{_SPEAK}\b"
    rf"|\b(?:{_HUMAN}|{_SOMEBODY})\b.{{0,12}}\b(?:sprechen|erreichen|spreken|bereiken)\b"
    rf"|\b{_NEED}\b.{{0,20}}\b{_HUMAN}\b"
    r"|\b(?:dont|not|no|kein\w*|nicht|pas|nao|non|geen|niet)\b.{0,30}"
    r"\b(?:ro)?bots?\b|\b(?:dont|not|no|kein\w*|nicht|pas|nao|non|geen|niet)\b.{0,30}"
    r"\b(?:chatbot|roboter|robo|maschine|maquina)\b"
    r"|\b(?:complaint|complain|call (?:me )?back|beschwer\w*|zuruckrufen|ruckruf|me rappeler"
    r"|rappelez moi|reclamation|reclamacion|llamenme|reclamacao|liguem me|reclamo|richiamat\w+"
    r"|klacht|terugbellen)\b"
)
"""Asking for somebody, not just speaking of them: "my colleague left" is a question."""

_BARE = (
    rf"(?:(?:a|an|the|real|live|human|please|bitte|ein|einen|echter|echten|un|una|uno|une|vrai"
    rf"|um|uma|een|echt|por favor|per favore|svp|s il vous plait|alstublieft|now|jetzt) )*{_HUMAN}"
    rf"(?: (?:please|bitte|now|jetzt|being|por favor|per favore|svp|s il vous plait"
    rf"|alstublieft))*"
)
_WAKE_WORDS = r"(?:the |der |le |el |o |il |de )?bot|back|zuruck|retour|terug"
_WAKES = (
    r"\b(?:back|resume|return|changed? my mind|never ?mind|want|again|zuruck|wieder|doch|retour"
    r"|reviens|reprendre|volver|vuelve|vuelva|volta|voltar|torna|tornare|terug)\b"
)
_STATUS = (
    r"\b(?:anybody|anyone|someone there|are you there|still there|how long|hello|any news"
    r"|hallo|jemand da|noch da|wie lange|quelqu ?un|combien de temps|alguien|cuanto tiempo|alguem"
    r"|quanto tempo|qualcuno|iemand|hoe lang)\b"
)


def wants_person(text: str) -> bool:
    """Whether somebody asks to talk to a person."""
    said = words(text)
    plain = " ".join(said)
    bare = len(said) <= LONGEST_BARE and re.fullmatch(_BARE, plain) is not None
    return bare or re.search(_WANTS, plain) is not None


def insists_on_person(text: str) -> bool:
    """Whether somebody in the middle of something else says in few words that they want one."""
    said = words(text)
    plain, somebody = " ".join(said), rf"\b(?:{_HUMAN}|{_SOMEBODY})\b"
    if len(said) <= LONGEST_BARE:
        return re.fullmatch(_BARE, plain) is not None or wants_person(text)
    talks = re.search(rf"\b{_TALK}\b", plain) and re.search(somebody, plain)
    return len(said) <= LONGEST_INSISTING and bool(talks) and wants_person(text)


def wakes_bot(text: str) -> bool:
    """Whether the bot is called back: `bot`, `back to the bot`, `zurück zum Bot`."""
    said = words(text)
    plain = " ".join(said)
    if text.strip().casefold().startswith("/bot") or re.fullmatch(_WAKE_WORDS, plain):
        return True
    return "bot" in said and len(said) <= LONGEST_WAKE and re.search(_WAKES, plain) is not None


def asks_how_long(text: str) -> bool:
    """Whether somebody asks after the colleague, in a few words."""
    said = words(text)
    about = re.search(_STATUS, " ".join(said)) is not None
    return about and len(said) <= LONGEST_WAKE and (asks(text) or len(said) > 1)
