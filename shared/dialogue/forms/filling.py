"""What a sentence answers of a form, and what it corrects."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from shared.dialogue.forms.kinds import Choice, Email, File, Pattern, Text
from shared.dialogue.forms.measures import Date, Number, Time
from shared.dialogue.forms.reading import Answer, Between, Locale, Reading, Refused, folded, without
from shared.dialogue.forms.slot import Answers, Slot
from shared.text.words import words

_BEFORE = (Email, Pattern, Date, Number, Time, Choice)
"""In this order values are looked for: what a day took is no time any more."""

_ACTUALLY = (
    r"(?:(?:no|nope|nah|sorry|wait|oh|actually|rather|instead|correction|i meant|i mean"
    r"|make (?:it|that)|its|it is|it's"
    r"|better|change (?:it|that) to|nein|doch|eigentlich|besser|lieber|ich mein(?:e|te)|sondern"
    r"|es ist|ist"
    r"|mach(?:en sie)?(?: es| daraus)?|non|plutot|en fait|je voulais dire|pardon|finalement|c'est"
    r"|mejor|en realidad"
    r"|perdon|quiero decir|digo|es|pon|na verdade|quero dizer|desculpe|melhor|e|anzi|in realta"
    r"|volevo dire|scusa|meglio"
    r"|eigenlijk|ik bedoel|liever|toch|nee|het is|maak er)\b[\s,.:;!-]*)+"
)
_VERB = (
    r"(?P<verb>change|set|make|correct|edit|update|andere?|aendere|setze?|korrigiere?|stelle?"
    r"|changez?|modifiez?|corrigez?"
    r"|cambia|cambiar|cambie|corrige|corregir|modifica|muda|mude|mudar|altera|altere|alterar"
    r"|corrija|cambiare|correggi"
    r"|metti|wijzig|verander|maak|zet)"
)
_THE = (
    r"(?:(?:the|my|den|die|das|dem|meine?n?|le|la|l'|les|mon|ma|el|mi|o|a|meu|minha|il|lo|de|het"
    r"|mijn)\s+)?"
)
_MARK = (
    r"(?P<mark>[:=]|\b(?:should (?:be|say|read)|to|is|auf|ist|soll|sollte|lautet|en|sur|est|a|es"
    r"|debe ser|para|deve ser"
    r"|deve essere|e|naar|op|moet zijn)\b)"
)


_JOINED = r"\s*(?:[,;&]|\b(?:and|und|et|y|e|en)\b)\s*"


@dataclass(slots=True)
class Filled:
    """Values by slot, and what could not be kept: the slot, and how its reading went."""

    answers: Answers = field(default_factory=dict)
    open: tuple[Slot, Between | Refused] | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A slot that a text is about, and what it says of it; None when that is still to be asked."""

    slot: Slot
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class _Said:
    """A text, folded, with the place of each of its characters in the original; `start` is
    behind "no, actually"."""

    text: str
    folded: str
    places: Sequence[int]
    start: int

    @classmethod
    def of(cls, text: str) -> Self:
        text = text.strip()
        parts = [folded(character) for character in text]
        said = "".join(parts)
        places = [place for place, part in enumerate(parts) for _ in part]
        led = re.match(_ACTUALLY, said)
        return cls(text, said, [*places, len(text)], led.end() if led else 0)

    def original(self, start: int) -> str:
        """The end of the text as it was written, from a place in the folded one."""
        return self.text[self.places[start] :].strip()


def fill(
    slots: Sequence[Slot], text: str, answers: Mapping[str, object], locale: Locale, asked: str = ""
) -> Filled:
    """Read what a text answers: the slot that was asked for, and others that it names clearly."""
    filled, said = Filled(), folded(text)
    missing = [slot for slot in slots if slot.name not in answers]
    for each in (each for kind in _BEFORE for each in missing if isinstance(each.kind, kind)):
        if found := each.kind.spot(said, locale):
            said = without(said, found.start, found.end)
            _keep(filled, each, found.reading, answers)
    slot = next((slot for slot in missing if slot.name == asked), None)
    if slot is None or slot.name in filled.answers or (filled.open and filled.open[0] is slot):
        return filled
    rest = text if isinstance(slot.kind, Text | Choice | Pattern) else said
    reading = slot.kind.read(rest, locale)
    if isinstance(reading, Refused) and filled.answers:
        return filled  # it spoke of something else: no reason to complain
    _keep(filled, slot, reading, answers)
    return filled


def _keep(filled: Filled, slot: Slot, reading: Reading, answers: Mapping[str, object]) -> None:
    match slot.checked(reading, {**answers, **filled.answers}):
        case Answer(value):
            filled.answers[slot.name] = value
        case Between() | Refused() as unkept:
            filled.open = filled.open or (slot, unkept)


def broken(slots: Sequence[Slot], answers: Answers) -> tuple[Slot, Refused] | None:
    """The first slot whose own rule an answer given later has broken, and why."""
    for slot in slots:
        value = answers.get(slot.name)
        others = {name: kept for name, kept in answers.items() if name != slot.name}
        refused = slot.checked(Answer(value), others)
        if value is not None and isinstance(refused, Refused):
            return slot, refused
    return None


def correction(
    slots: Sequence[Slot], text: str, answers: Answers, locale: Locale, *, bare: bool
) -> Correction | Sequence[Slot] | None:
    """What a text changes: `urgency: high`, `change urgency`, `normal urgency`, `no, hardware`.

    Several slots when it may be any of them. With `bare`, while the whole is shown to be
    confirmed, a value alone changes as well.
    """
    said = _Said.of(text)
    for slot in slots:
        if found := _about(slot, said, answers, locale):
            return found
    rest = said.folded[said.start :].strip(" .!")
    if not rest or not (said.start or bare) or len(words(rest)) > 6:
        return None
    read = {
        slot.name: Correction(slot, reading)
        for slot in slots
        if slot.name in answers and (reading := _exactly(slot, rest, locale))
    }
    changed = [
        one
        for name, one in read.items()
        if isinstance(one.reading, Answer) and one.reading.value != answers[name]
    ]
    if not changed:
        changed = [one for one in read.values() if not isinstance(one.reading, Answer)]
    if len(changed) > 1:
        return [one.slot for one in changed]
    return changed[0] if changed else None


def corrections(
    slots: Sequence[Slot], text: str, answers: Answers, locale: Locale, *, bare: bool
) -> list[Correction | Sequence[Slot]]:
    """What a text changes that joins several corrections: `no, Birch and 10:30`.

    Empty unless it has several parts, and each is one.
    """
    said = _Said.of(text)
    parts = re.split(_JOINED, said.original(said.start), flags=re.IGNORECASE)
    if len(parts) < 2:
        return []
    bare = bare or said.start > 0
    found = [correction(slots, part, answers, locale, bare=bare) for part in parts]
    return [one for one in found if one] if all(found) else []


def _about(slot: Slot, said: _Said, answers: Answers, locale: Locale) -> Correction | None:
    """What a text says that names the slot; None when it does not, or means something else."""
    name = "|".join(map(re.escape, slot.names(locale.language)))
    lead = rf"(?:please\s+|bitte\s+)?(?:{_VERB}\s+)?{_THE}"
    named_first = re.compile(rf"{lead}(?:{name})\b\s*{_MARK}?\s*(?P<value>.*)", re.S)
    match = named_first.fullmatch(said.folded, said.start)
    answered = slot.name in answers
    if match is None:
        named_last = re.compile(rf"{lead}(?P<value>.+?)\s+(?:{name})[\s.!]*", re.S)
        after = named_last.fullmatch(said.folded, said.start)
        last = _exactly(slot, after["value"], locale) if after else None
        return Correction(slot, last) if last else None
    value = said.original(match.start("value")) if match["value"].strip() else ""
    if not value:
        return Correction(slot, None) if match["verb"] or answered else None
    reading = slot.kind.read(value, locale)
    sure = bool(match["verb"]) or match["mark"] in (":", "=")
    if isinstance(reading, Refused):
        kept = answered and sure
    elif isinstance(slot.kind, Text):
        kept = sure or bool(match["mark"] and answered)
    else:
        kept = sure or bool(match["mark"]) or isinstance(slot.kind, Choice)
    return Correction(slot, reading) if kept else None


def _exactly(slot: Slot, rest: str, locale: Locale) -> Reading | None:
    """The reading of a few words that are a value of the slot, and nothing else."""
    if isinstance(slot.kind, Text | File):
        return None
    if isinstance(slot.kind, Number) and not re.search(r"\d", rest):
        found = slot.kind.spot(rest, locale)
        return found.reading if found else None
    reading = slot.kind.read(rest, locale)
    return None if isinstance(reading, Refused) and not reading.reason else reading
