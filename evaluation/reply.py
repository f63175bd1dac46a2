"""What the bot said to one message, as the person sees it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evaluation import words
from shared.activity import Activity

TICKET = re.compile(r"\bT-[A-Z2-7]{4,10}\b")
"""A ticket's number."""

_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s")
_LABELLED = re.compile(r"^\s*[-*•]?\s*([^\W\d][^:\n]{0,30}?)\s*:\s*(\S.*)$")
_MARK = re.compile(r"\[\d{1,3}\]")
_STARS = re.compile(r"[*`_]{1,3}(?=\S)|(?<=\S)[*`_]{1,3}")
_SENTENCE = re.compile(r"(?<=[.!?:])\s+|\n")


@dataclass(frozen=True, slots=True)
class Button:
    title: str
    value: str


@dataclass(frozen=True)
class Reply:
    """`drafts` are the forms that the skill with the floor has begun; `seconds` the wait."""

    messages: Sequence[Activity] = ()
    drafts: Sequence[Mapping[str, Any]] = ()
    seconds: float = 0.0

    @cached_property
    def text(self) -> str:
        """The texts of all messages and cards, without stars and code marks."""
        lines = [line for message in self.messages for line in _lines(message)]
        return plain("\n".join(filter(None, lines)))

    @cached_property
    def buttons(self) -> Sequence[Button]:
        return [button for message in self.messages for button in _buttons(message)]

    @cached_property
    def claims(self) -> Sequence[Mapping[str, Any]]:
        """The sources that are shown, in Teams' words `appearance`."""
        entities = [entity for message in self.messages for entity in message.entities]
        claims = [claim for entity in entities for claim in Activity(entity).objects("citation")]
        return [appearance for claim in claims if (appearance := claim.get("appearance"))]

    @cached_property
    def cited(self) -> Sequence[str]:
        """The ids of the cited articles, `<collection>/<slug>`, each once, in order."""
        urls = [str(claim.get("url") or claim.get("name") or "") for claim in self.claims]
        return list(dict.fromkeys(map(article_of, filter(None, urls))))

    @cached_property
    def own_words(self) -> str:
        """The text without the sentences, titles and lines that a cited article lends."""
        if not self.claims:
            return self.text
        lent = {
            piece.strip()
            for claim in self.claims
            for piece in _SENTENCE.split(plain(str(claim.get("abstract", ""))))
        }
        lent |= {str(claim.get("name", "")) for claim in self.claims}
        kept = []
        for line in self.text.splitlines():
            if _MARK.search(line) or _BULLET.match(line):
                continue
            kept += [piece for piece in _SENTENCE.split(line) if piece.strip() not in lent]
        return "\n".join(kept)

    @cached_property
    def is_overview(self) -> bool:
        """Whether this is the list of what the bot can do, which offers nothing in particular."""
        bullets = sum(bool(_BULLET.match(line)) for line in self.text.splitlines())
        return bullets >= 2 and not self.claims and not self.confirmation

    @cached_property
    def confirmation(self) -> Mapping[str, str]:
        """Label, in small letters, and value of what is shown to be confirmed; none if nothing."""
        if self.claims:
            return {}
        found = [match for line in self.text.splitlines() if (match := _LABELLED.match(line))]
        shown = {match[1].strip().casefold(): match[2].strip() for match in found}
        return shown if len(shown) >= 2 else {}

    @property
    def form_is_open(self) -> bool:
        return bool(self.drafts)

    @property
    def tickets(self) -> frozenset[str]:
        return frozenset(TICKET.findall(self.text))

    @cached_property
    def asks_for(self) -> frozenset[str]:
        """What the last question wants: names of slots, `confirm`, `yesno`."""
        asked = {str(draft.get("asked", "")) for draft in self.drafts} - {""}
        if "?" in asked or (self.drafts and self.confirmation and not asked):
            asked = (asked - {"?"}) | {"confirm"}
        last = next(
            (found for message in reversed(self.messages) if (found := _buttons(message))), []
        )
        titles = {part.casefold() for button in last for part in (button.title, button.value)}
        for slot, choices in words.CHOICES.items():
            if len(titles & choices) >= 2:
                asked.add(slot)
        if titles & words.YES:
            asked.add("yesno")
        if self.drafts and not asked and "?" in self.text:
            asked.add("summary")
        return frozenset(asked)

    @property
    def offers_human(self) -> bool:
        """Whether a sentence of the bot's own, or a button, leads to a person."""
        text = self.own_words
        if self.is_overview:
            text = "\n".join(line for line in text.splitlines() if not _BULLET.match(line))
        if words.PERSON.search(text):
            return True
        commands = (button.value.casefold() for button in self.buttons)
        return not self.is_overview and any(c.startswith(words.TO_A_PERSON) for c in commands)

    @property
    def offers_ticket(self) -> bool:
        if self.form_is_open:
            return True
        parts = [part for button in self.buttons for part in (button.title, button.value)]
        return not self.is_overview and any(
            "ticket" in part.casefold() for part in (*parts, self.own_words)
        )


def plain(text: str) -> str:
    """Text without Markdown's stars, with simple blanks and straight apostrophes."""
    return _STARS.sub("", text).replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")


def article_of(url: str) -> str:
    """The id of an article: the last two parts of its address, without what follows them."""
    path = re.sub(r"[?#].*$", "", url.casefold()).rstrip("/")
    return "/".join(re.sub(r"\.(?:md|html?)$", "", path).split("/")[-2:])


def _lines(message: Activity) -> Iterator[str]:
    yield message.text
    for attachment in message.attachments:
        yield from _card_lines(attachment.get("content"))


def _card_lines(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _card_lines(one)
    elif isinstance(node, dict):
        if isinstance(node.get("title"), str) and isinstance(node.get("value"), str):
            yield f"{node['title'].rstrip(':')}: {node['value']}"
            return
        yield from (node[key] for key in ("title", "subtitle", "text") if _is_text(node.get(key)))
        for key in ("body", "items", "columns", "facts"):
            yield from _card_lines(node.get(key))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _buttons(message: Activity) -> list[Button]:
    suggested = message.get("suggestedActions")
    actions = Activity(suggested).objects("actions") if isinstance(suggested, dict) else []
    for attachment in message.attachments:
        content = attachment.get("content")
        if isinstance(content, dict):
            actions += Activity(content).objects("buttons") + Activity(content).objects("actions")
    return [_button(action) for action in actions]


def _button(action: Mapping[str, Any]) -> Button:
    title = str(action.get("title", ""))
    value = action.get("value") or action.get("verb") or action.get("data") or title
    return Button(title, value if isinstance(value, str) else json.dumps(value))
