"""The sentences and list items of a text in Markdown."""

import re
from dataclasses import dataclass

_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
_BREAK = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[^a-z\s])")
_ABBREVIATION = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|No|vs|e\.g|i\.e|etc|approx)\.$")
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)])\s)")


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, or an item of a list."""

    text: str
    is_item: bool = False


def units(body: str) -> list[Unit]:
    """The text in its smallest parts that make sense alone, in order."""
    found = []
    for block in _BLOCK.split(body):
        line = " ".join(block.split())
        if _ITEM.match(line):
            found.append(Unit(line, is_item=True))
        else:
            found += [Unit(sentence) for sentence in sentences(line)]
    return found


def sentences(line: str) -> list[str]:
    """The sentences of one line; an abbreviation ends none."""
    found: list[str] = []
    for piece in _BREAK.split(line):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] += " " + piece
        elif piece:
            found.append(piece)
    return found


def joined(parts: list[Unit]) -> str:
    """The parts as one text again, list items on lines of their own."""
    text = ""
    for part in parts:
        text += ("\n" if part.is_item else " ") + part.text
    return text.strip()
