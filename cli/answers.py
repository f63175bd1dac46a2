"""Which of the things that a bot sends answer what was just said, and which do not."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.channels.whatsapp.callback import effect_in
from simulators.transcript import Said

AGAIN, LATE = "again", "late"


@dataclass
class Turn:
    """What was said, the status of its acknowledgement, and what the bot then sent.

    `heard` are texts, each with "" for an answer, `AGAIN` for what had arrived before, and
    `LATE` for what belongs to an earlier message.
    """

    said: str
    status: int = 0
    heard: list[tuple[str, str]] = field(default_factory=list)

    @property
    def answers(self) -> list[str]:
        return self._marked("")

    def to_dict(self) -> dict[str, Any]:
        return {
            "said": self.said,
            "status": self.status,
            "answers": self.answers,
            AGAIN: self._marked(AGAIN),
            LATE: self._marked(LATE),
        }

    def __str__(self) -> str:
        lines = [f"< {text}{mark and f' ({mark})'}" for text, mark in self.heard]
        if not self.answers:
            lines.append(f"! no answer (the webhook says {self.status or 'nothing'})")
        return "\n".join([f"> {self.said}", *lines])

    def _marked(self, wanted: str) -> list[str]:
        return [text for text, mark in self.heard if mark == wanted]


class Judge:
    """Tells answers from repeats, over one run of the simulator.

    On Teams a message names the activity that it replies to, and is the same to the letter when
    it is sent again. On WhatsApp it carries the id of its effect, which begins with the id of
    the work that made it: `work_of` knows that of a person's message by the message's id, and
    other work belongs to the message in which it is heard of first.
    """

    def __init__(self, work_of: Callable[[str], str] | None = None) -> None:
        self._work_of = work_of
        self._known: set[str] = set()
        self._works: dict[str, str] = {}

    def said(self, ids: Sequence[str]) -> None:
        """The ids under which a message of the person has gone; what follows may answer it."""
        self._ids = ids
        if self._work_of:
            self._works |= {self._work_of(id): id for id in ids}

    def mark(self, heard: Said) -> str:
        """As in `Turn.heard`."""
        effect = effect_in(heard.body.get("biz_opaque_callback_data"))
        key = effect or json.dumps([heard.conversation, heard.body], sort_keys=True)
        if key in self._known:
            return AGAIN
        self._known.add(key)
        work = effect.partition(".")[0]
        answered = self._works.setdefault(work, self._ids[0]) if work else heard.reply_to
        return LATE if answered and answered not in self._ids else ""
