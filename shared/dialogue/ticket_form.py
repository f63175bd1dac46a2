"""The form of a ticket, and what a first sentence tells of it."""

from dataclasses import dataclass
from typing import Literal

from shared.ai.fallback import FAILURES, fell_back
from shared.dialogue.forms.form import Form
from shared.dialogue.forms.kinds import Choice, Text
from shared.dialogue.forms.reading import Answer, Locale, folded
from shared.dialogue.forms.slot import Answers, Slot
from shared.dialogue.forms.wording import Phrase
from shared.turn import Turn

CATEGORIES = {
    "hardware": (
        *("laptop", "notebook", "screen", "monitor", "keyboard", "mouse", "printer", "phone"),
        *("headset", "dock", "battery", "device", "camera", "drucker", "bildschirm", "tastatur"),
        *("maus", "imprimante", "écran", "clavier", "impresora", "pantalla", "stampante"),
    ),
    "software": (
        *("app", "application", "program", "install", "crashes", "update", "outlook", "excel"),
        *("word", "browser", "licence", "license", "zoom", "programm", "logiciel", "programa"),
    ),
    "access": (
        *("password", "login", "log in", "sign in", "permission", "account", "mfa", "vpn"),
        *("locked", "shared drive", "folder", "passwort", "konto", "mot de passe", "contraseña"),
        *("senha", "wachtwoord", "gesperrt"),
    ),
    "order": (
        *("delivery", "parcel", "package", "refund", "return", "invoice", "shipping", "paket"),
        *("lieferung", "rechnung", "colis", "facture", "paquete", "pacote", "pacco", "pakket"),
    ),
    "other": ("something else", "none of these", "else"),
}
URGENCIES = {
    "low": (
        *("not urgent", "no hurry", "no rush", "whenever", "minor", "can wait", "nicht dringend"),
        *("keine eile", "pas urgent", "no es urgente", "não é urgente", "niet dringend"),
    ),
    "normal": ("medium", "usual", "standard", "average", "mittel"),
    "high": (
        *("urgent", "critical", "asap", "now", "cannot work", "can't work", "blocked", "dringend"),
        *("eilig", "sofort", "urgente", "spoed"),
    ),
}


def _titles(kind: str, names: dict[str, tuple[str, ...]]) -> dict[str, Phrase]:
    return {name: Phrase(f"tickets.{kind}-{name}") for name in names}


SUMMARY = Slot(
    "summary",
    Phrase("tickets.summary-question"),
    Text(shortest=4, least_words=2, grows=True, questions=True),
    label=Phrase("tickets.summary-label"),
    hint=Phrase("tickets.summary-hint"),
)
CATEGORY = Slot(
    "category",
    Phrase("tickets.category-question"),
    Choice(CATEGORIES, _titles("category", CATEGORIES), hint="tickets.list-hint"),
    label=Phrase("tickets.category-label"),
    unsure="other",
)
URGENCY = Slot(
    "urgency",
    Phrase("tickets.urgency-question"),
    Choice(URGENCIES, _titles("urgency", URGENCIES), hint="tickets.list-hint"),
    label=Phrase("tickets.urgency-label"),
    unsure="normal",
)
FORM = Form(
    "ticket",
    [SUMMARY, CATEGORY, URGENCY],
    confirm=Phrase("tickets.confirm"),
    cancelled=Phrase("tickets.cancelled-form"),
)


@dataclass(frozen=True)
class Opening:
    """What the first sentence may tell; None where it does not."""

    summary: str | None
    category: Literal["hardware", "software", "access", "order", "other"] | None
    urgency: Literal["low", "normal", "high"] | None


async def understand(turn: Turn, said: str) -> Answers:
    """The answers in an opening sentence, as the model reads it, else by its words."""
    locale = Locale.of(turn)
    answers: Answers = {"summary": said}
    try:
        read = await turn.ai.extract(said, Opening)
    except FAILURES as error:
        fell_back("extract", error)
    else:
        for slot, value in ((SUMMARY, read.summary), (CATEGORY, read.category)):
            if value and isinstance(answer := slot.kind.read(value, locale), Answer):
                answers[slot.name] = answer.value
        if read.urgency:
            answers["urgency"] = read.urgency
    for slot in (CATEGORY, URGENCY):
        found = slot.kind.spot(folded(said), locale)
        if found and isinstance(found.reading, Answer):
            answers.setdefault(slot.name, found.reading.value)
    return answers
