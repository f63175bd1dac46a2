"""A person's answer to a file that was offered to them in Teams: put into their OneDrive, or not.

Source: learn.microsoft.com, "Send and receive files". The webhook acknowledges the answer, and
the upload waits its turn in the queue like everything that takes time.
"""

from shared.activity import Activity
from shared.channels.teams.files import upload_place
from shared.channels.teams.outgoing import Consent
from shared.dialogue.phrases import phrase
from shared.errors import PermanentError
from shared.fabric import Fabric
from shared.media.fetch import Fetcher
from shared.media.unread import Unread
from shared.turn import Turn


async def took(fabric: Fabric, turn: Turn) -> bool:
    """Whether the activity was such an answer, and is dealt with.

    Raises Unavailable when the upload may work later. A turn that runs again uploads again: to
    the same place, or one that is closed since the first time, which then has the file.
    """
    answer = Consent.of(turn.activity)
    if answer is None or turn.reference.channel != "teams":
        return False
    turn.break_silence()
    if not answer.accepted:
        turn.reply(phrase(turn.language, "platform.file_declined"))
        return True
    key = turn.reference.key
    record = await fabric.files.record(key, answer.file)
    try:
        if record is None:
            raise PermanentError("file_gone")
        content = await fabric.files.content(key, answer.file)
        place = upload_place(answer.upload_url, local=fabric.settings.local)
        await Fetcher().put(place, content, closed_is_done=turn.event.attempt > 0)
    except (PermanentError, Unread):
        turn.reply(phrase(turn.language, "platform.file_over"))
        return True
    turn.send(Activity(type="message", attachments=[answer.info_card(record.name)]))
    return True
