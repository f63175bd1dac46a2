"""Recordings sent to a bot that hears them: what they say is in the place of what is written."""

from dataclasses import replace

from shared.activity import Activity
from shared.dialogue.language import spoken
from shared.records.conversation import Conversation
from shared.turn import Turn

HEARD = "heard"
"""In an activity's event: its recordings are in its text, for whom it is handed to."""


async def hear(turn: Turn, conversation: Conversation) -> None:
    """Put what the recordings of a message say into its text, once for all its skills.

    Raises what `Turn.transcribe` does. Not while a person answers, who listens themselves.
    """
    if not turn.bot.voice or not turn.activity.is_message or turn.muted or HEARD in turn.event.data:
        return
    recordings = [file for file in turn.attachments if file.is_recording]
    if not recordings:
        return
    said = [await turn.transcribe(recording) for recording in recordings]
    text = "\n".join(filter(None, [turn.text, *said]))
    turn.activity = Activity(turn.activity, text=text, textFormat="plain")
    data = {**turn.event.data, "activity": dict(turn.activity), HEARD: True}
    turn.event = replace(turn.event, data=data)
    turn.language = spoken(turn.bot, conversation, turn.event)
