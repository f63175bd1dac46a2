"""The language in which a person is spoken to: theirs, if the bot speaks it."""

from collections.abc import Sequence

from shared.activity import Activity
from shared.bot import Bot
from shared.dialogue.phrases import DEFAULT
from shared.event import ACTIVITY, Event
from shared.records.conversation import Conversation
from shared.text.languages import LANGUAGES, is_unspoken, language_of


def languages(bot: Bot) -> Sequence[str]:
    """What the bot speaks, its own language first; all there are when its manifest is silent."""
    return bot.languages or LANGUAGES


def spoken(bot: Bot, conversation: Conversation, event: Event) -> str:
    """The language to answer an event in.

    What was said decides, when it can be told; then the language of the conversation so far,
    then that of the person's app, then the bot's own.
    """
    among = languages(bot)
    activity = Activity(event.data.get("activity") or {}) if event.type == ACTIVITY else Activity()
    locale = (activity.locale or conversation.reference.locale)[:2].casefold()
    known = (name for name in (conversation.language, locale, among[0]) if name in among)
    expected = next(known, DEFAULT)
    text = "" if activity.text.lstrip().startswith("/") else activity.text
    return language_of(text, among, expected=expected)


def is_foreign(text: str) -> bool:
    """Whether somebody writes in a language that no bot here speaks."""
    return is_unspoken(text)
