"""The text of a recording that a person sent."""

from shared.media.attachment import Attachment
from shared.media.place import Locate
from shared.media.read import content_of
from shared.media.sound import kind_of
from shared.ports.speech import Deaf, Speech, Unheard


async def transcribe(voice: Attachment, locate: Locate | None, speech: Speech | None) -> str:
    """What is said in it, in whatever language that is.

    Raises Unheard or Unread with a sentence for the person, OverBudget, Unavailable when the file
    or the service may be had later.
    """
    if speech is None:
        raise Unheard(Deaf.OFF, "FABRIC_SPEECH_URL is offline://")
    content = await content_of(voice, locate)
    kind_of(content)
    transcript = await speech.transcribe(content)
    if not transcript.text:
        raise Unheard(Deaf.SILENT, f"{transcript.seconds:g} s without a word")
    return transcript.text
