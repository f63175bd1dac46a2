"""What of cards, suggested actions and citations WhatsApp can show: text and choices."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.activity import Activity

ADAPTIVE = "application/vnd.microsoft.card.adaptive"
SIMPLE = frozenset(
    {"application/vnd.microsoft.card.hero", "application/vnd.microsoft.card.thumbnail"}
)
_SHOWN = ("title", "subtitle", "text", "altText")
_PARTS = ("body", "items", "columns", "rows", "cells", "facts", "inlines")
_ACTIONS = ("actions", "buttons")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person sees, and what the bot then hears."""

    title: str
    value: str


def card_texts(card: Any) -> Iterator[str]:
    """The texts of a card's elements in reading order, one each; facts as `title: value`."""
    if not isinstance(card, dict):
        return
    if "value" in card and "title" in card and "type" not in card:
        yield f"{card['title']}: {card['value']}"
        return
    if isinstance(runs := card.get("inlines"), list):
        yield "".join(
            str(run.get("text", "")) if isinstance(run, dict) else str(run) for run in runs
        )
        return
    for key in _SHOWN:
        if isinstance(text := card.get(key), str) and text:
            yield text
    for key in _PARTS:
        for part in _list(card.get(key)):
            yield from card_texts(part)


def card_actions(card: Any) -> Iterator[dict[str, Any]]:
    """The actions of a card and of the action sets in it."""
    if isinstance(card, dict):
        for key in _PARTS:
            for part in _list(card.get(key)):
                yield from card_actions(part)
        for key in _ACTIONS:
            yield from (action for action in _list(card.get(key)) if isinstance(action, dict))


def choice_of(action: dict[str, Any]) -> Choice | None:
    """An action as a choice: it says its text value, or its title when it carries data."""
    title, value = str(action.get("title") or ""), action.get("value")
    data = action.get("data")
    if isinstance(data, dict) and isinstance(teams := data.get("msteams"), dict):
        value = teams.get("value")
    elif isinstance(data, str):
        value = data
    said = value if isinstance(value, str) and value.strip() else title
    return Choice(title.strip() or said.strip(), said) if said.strip() else None


def link_of(action: dict[str, Any]) -> str:
    """`title: url` of an action that opens a page, "" for any other."""
    url = action.get("url") or action.get("value")
    opens = action.get("type") in ("Action.OpenUrl", "openUrl")
    return f"{action.get('title') or ''}: {url}".lstrip(": ") if opens and url else ""


def footnotes(activity: Activity) -> list[str]:
    """A line `[1] Title https://...` for each source cited."""
    lines = []
    for entity in activity.entities:
        for claim in _list(entity.get("citation")):
            shown = claim.get("appearance") if isinstance(claim, dict) else None
            if isinstance(shown, dict):
                line = f"[{claim.get('position')}] {shown.get('name', '')} {shown.get('url', '')}"
                lines.append(line.strip())
    return lines


def same_choices(choices: list[Choice]) -> list[Choice]:
    """Without those that would say the same."""
    found: dict[str, Choice] = {}
    for choice in choices:
        found.setdefault(choice.value.strip(), choice)
    return list(found.values())


def content(attachment: dict[str, Any]) -> dict[str, Any]:
    """A card's content, which some write as JSON text."""
    card = attachment.get("content")
    if isinstance(card, str):
        try:
            card = json.loads(card)
        except (ValueError, RecursionError):
            return {}
    return card if isinstance(card, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
