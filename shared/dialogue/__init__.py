"""How one talks: forms, languages, routing.

    from shared.dialogue import Form, Slot

is all that a skill with a form needs; each name is imported when it is first used, so that a
webhook, which routes by `addressee`, loads nothing of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.dialogue.forms.form import Form as Form
    from shared.dialogue.forms.kinds import Choice as Choice
    from shared.dialogue.forms.kinds import Email as Email
    from shared.dialogue.forms.kinds import File as File
    from shared.dialogue.forms.kinds import Pattern as Pattern
    from shared.dialogue.forms.kinds import Text as Text
    from shared.dialogue.forms.measures import Date as Date
    from shared.dialogue.forms.measures import Number as Number
    from shared.dialogue.forms.measures import Time as Time
    from shared.dialogue.forms.slot import Answers as Answers
    from shared.dialogue.forms.slot import Slot as Slot
    from shared.dialogue.forms.wording import Phrase as Phrase

_HOMES = {
    "Form": "form",
    **dict.fromkeys(("Choice", "Email", "File", "Pattern", "Text"), "kinds"),
    **dict.fromkeys(("Date", "Number", "Time"), "measures"),
    **dict.fromkeys(("Answers", "Slot"), "slot"),
    "Phrase": "wording",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"shared.dialogue.forms.{_HOMES[name]}"), name)
