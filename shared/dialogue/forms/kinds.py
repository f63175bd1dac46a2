"""The kinds of answers that are words or things: text, a choice, an address, a pattern, a file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any, Protocol

from shared.dialogue.forms.reading import (
    Answer,
    Found,
    JsonValue,
    Locale,
    Reading,
    Refused,
    folded,
)
from shared.dialogue.forms.wording import Wording, worded
from shared.text.words import words
from shared.turn import Button

LONGEST_ANSWER = 5
"""Words in which a choice may be named by a short word such as "now"."""

SHORT_WORD = 4
"""Letters below which a word names a choice only in a short answer."""


class Kind(Protocol):
    """How one kind of answer is read, found in a sentence, shown, and asked for on a card."""

    @property
    def hint(self) -> str:
        """Id of the sentence that says what will do."""
        ...

    def read(self, text: str, locale: Locale) -> Reading:
        """Read a text that is an answer to the question."""
        ...

    def spot(self, said: str, locale: Locale) -> Found | None:
        """Find a value in a folded sentence that says other things as well."""
        ...

    def shown(self, value: JsonValue, language: str) -> str: ...

    def names(self, language: str) -> Mapping[str, object]:
        """What the hint names."""
        ...

    def offers(self, locale: Locale) -> Sequence[Button]:
        """Answers to offer as buttons: all there are, or some that would do."""
        ...

    def element(self, language: str) -> dict[str, Any]:
        """The card's input, without id, label and value; empty when a card has none."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """Free words: so many letters, and words where a script has words.

    `grows` takes up what is said later as well; with `questions` a question is an answer, too.
    """

    shortest: int = 1
    longest: int = 1000
    least_words: int = 1
    grows: bool = False
    questions: bool = False
    multiline: bool = True
    hint: str = "form.hint-text"

    def read(self, text: str, locale: Locale) -> Reading:
        flat = " ".join(text.split())
        said = words(flat)
        letters = sum(map(len, said))
        if letters < self.shortest or (flat.isascii() and len(said) < self.least_words):
            return Refused("")
        return Answer(flat if len(flat) <= self.longest else f"{flat[: self.longest - 1]}…")

    def spot(self, said: str, locale: Locale) -> Found | None:
        return None

    def shown(self, value: JsonValue, language: str) -> str:
        return str(value)

    def names(self, language: str) -> Mapping[str, object]:
        return {}

    def offers(self, locale: Locale) -> Sequence[Button]:
        return ()

    def element(self, language: str) -> dict[str, Any]:
        return {"type": "Input.Text", "isMultiline": self.multiline, "maxLength": self.longest}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `options`: each with the words that mean it; `titles` are how people see them."""

    options: Mapping[str, Sequence[str]]
    titles: Mapping[str, Wording] | None = None
    hint: str = "form.hint-choice"

    def read(self, text: str, locale: Locale) -> Reading:
        """By its number, its beginning, its name, or a word that means it.

        Where a name begins with a digit, a number is no place in the list: "9" is 9:00.
        """
        said = " ".join(words(text))
        names = {name: " ".join(words(name)) for name in self.options}
        titled = {name: " ".join(words(self.shown(name, locale.language))) for name in names}
        numbered = not any(name[:1].isdigit() for name in names.values())
        if said.isdecimal() and numbered:
            place = int(said) if len(said) < 4 else 0
            return Answer(list(names)[place - 1]) if 0 < place <= len(names) else Refused("")
        exact = [name for name in names if said and said in (names[name], titled[name])]
        begun = [
            n for n in names if said and (names[n].startswith(said) or titled[n].startswith(said))
        ]
        if said.isdecimal():
            begun = [name for name in names if re.match(rf"0?{said}\b", names[name])]
        for found in (exact, begun):
            if len(found) == 1:
                return Answer(found[0])
        spotted = self.spot(folded(text), locale)
        return spotted.reading if spotted else Refused("")

    def spot(self, said: str, locale: Locale) -> Found | None:
        """The one choice that a text speaks of; None for none, several, or one denied."""
        rest = " ".join(words(said))
        short = len(rest.split()) <= LONGEST_ANSWER
        meanings = [
            (" ".join(words(word)), name)
            for name, more in self.options.items()
            for word in (name, self.shown(name, locale.language), *more)
        ]
        found: set[str] = set()
        for word, name in sorted(meanings, key=lambda meaning: -len(meaning[0])):
            if not word or (not short and len(word) < SHORT_WORD):
                continue
            spoken = rf"(?<!\bnot )(?<!\bnicht )(?<!\bpas )(?<!\bno )\b{re.escape(word)}\b"
            rest, count = re.subn(spoken, "", rest)
            if count:
                found.add(name)
        return Found(Answer(found.pop()), 0, 0) if len(found) == 1 else None

    def shown(self, value: JsonValue, language: str) -> str:
        return worded((self.titles or {}).get(value, value), language)

    def names(self, language: str) -> Mapping[str, object]:
        return {"choices": ", ".join(self.shown(name, language) for name in self.options)}

    def offers(self, locale: Locale) -> Sequence[Button]:
        return [Button(self.shown(name, locale.language)) for name in self.options]

    def element(self, language: str) -> dict[str, Any]:
        choices = [{"title": self.shown(name, language), "value": name} for name in self.options]
        return {"type": "Input.ChoiceSet", "choices": choices}


_EMAIL = re.compile(r"[a-z0-9._%+'-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}")


@dataclass(frozen=True, slots=True)
class Email:
    """An address, in small letters."""

    hint: str = "form.hint-email"

    def read(self, text: str, locale: Locale) -> Reading:
        found = self.spot(folded(text), locale)
        return found.reading if found else Refused("")

    def spot(self, said: str, locale: Locale) -> Found | None:
        match = _EMAIL.search(said)
        return Found(Answer(match[0].strip("'")), match.start(), match.end()) if match else None

    def shown(self, value: JsonValue, language: str) -> str:
        return str(value)

    def names(self, language: str) -> Mapping[str, object]:
        return {}

    def offers(self, locale: Locale) -> Sequence[Button]:
        return ()

    def element(self, language: str) -> dict[str, Any]:
        return {"type": "Input.Text", "style": "Email", "maxLength": 254}


@dataclass(frozen=True, slots=True)
class Pattern:
    """What `pattern` matches whole, in any case; `example` is what people are shown."""

    pattern: str
    example: str
    hint: str = "form.hint-pattern"

    def read(self, text: str, locale: Locale) -> Reading:
        found = self.spot(text, locale)
        return found.reading if found else Refused("")

    def spot(self, said: str, locale: Locale) -> Found | None:
        match = re.search(rf"(?<![\w-])(?:{self.pattern})(?![\w-])", said, re.IGNORECASE)
        if match is None:
            return None
        value = match[0].upper() if self.example.isupper() else match[0]
        return Found(Answer(value), match.start(), match.end())

    def shown(self, value: JsonValue, language: str) -> str:
        return str(value)

    def names(self, language: str) -> Mapping[str, object]:
        return {"example": self.example}

    def offers(self, locale: Locale) -> Sequence[Button]:
        return ()

    def element(self, language: str) -> dict[str, Any]:
        return {"type": "Input.Text", "placeholder": self.example, "maxLength": 100}


@dataclass(frozen=True, slots=True)
class File:
    """One attachment: its `name`, `contentType` and `contentUrl`. `types` are as in `image/*`."""

    types: Sequence[str] = ("*/*",)
    hint: str = "form.hint-file"

    def read(self, text: str, locale: Locale) -> Reading:
        return Refused("")

    def take(self, attachments: Sequence[Mapping[str, Any]]) -> Reading | None:
        """The file that came along; None when none did."""
        files = [file for file in attachments if isinstance(file.get("contentUrl"), str)]
        for file in files:
            kind = str(file.get("contentType", ""))
            if any(fnmatch(kind, wanted) for wanted in self.types):
                keys = ("name", "contentType", "contentUrl")
                return Answer({key: str(file.get(key) or "")[:2000] for key in keys})
        return Refused("form.file-kind", {"types": ", ".join(self.types)}) if files else None

    def spot(self, said: str, locale: Locale) -> Found | None:
        return None

    def shown(self, value: JsonValue, language: str) -> str:
        return str(value.get("name") or value.get("contentType")) if isinstance(value, dict) else ""

    def names(self, language: str) -> Mapping[str, object]:
        return {}

    def offers(self, locale: Locale) -> Sequence[Button]:
        return ()

    def element(self, language: str) -> dict[str, Any]:
        return {}
