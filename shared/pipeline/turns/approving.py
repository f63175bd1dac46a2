"""What has to be approved, as a turn sees it: it is asked for, and taken up once it was decided."""

from datetime import UTC, datetime

from shared.dialogue.phrases import phrase
from shared.errors import ApprovalNeeded
from shared.event import ACTIVITY, event_id
from shared.fabric import Fabric
from shared.observability import log
from shared.pipeline.turns import signing_in
from shared.records.approval import APPROVED, CLOSED, PREFIX, Approval, Deed, State
from shared.records.conversation import Conversation
from shared.records.read import Read
from shared.turn import BACK, Turn

ASKED = "approval.asked"
"""Type of the fact that somebody has to decide; it carries no word of the person."""

HOUR_SECONDS = 3600


async def ask(
    fabric: Fabric, turn: Turn, conversation: Conversation, needed: ApprovalNeeded
) -> str:
    """Have a second person asked. Return what the person is told, "" when they have to sign in.

    Whoever asks has to be known, so that it can be told from who decides; on a laptop where
    nobody can sign in, the name that they give themselves will do.
    """
    if turn.event.type != ACTIVITY or turn.reference.channel == "api":
        return phrase(turn.language, "approval.nowhere")
    if is_approved(turn):
        return phrase(turn.language, "approval.separate")
    person = await turn.person()
    if person is None and (fabric.settings.has_directory or not fabric.settings.local):
        await signing_in.offer(fabric, turn, conversation)
        return ""
    hours = turn.bot.approvals.expires_after_hours
    deed = Deed(needed.deed, needed.arguments, needed.title, needed.said)
    event = turn.event.to_dict()
    event["data"] = {key: value for key, value in turn.event.data.items() if key != BACK}
    asked = turn.asks_approval = Approval(
        id=event_id("approval", turn.event.work_id, turn.skill.name, deed.digest)[:16],
        bot=turn.bot.id,
        skill=turn.skill.name,
        deed=deed,
        asker=person.id if person else "",
        user=turn.reference.user,
        name=person.name if person else turn.reference.user_name,
        since=turn.now,
        until=turn.now + hours * HOUR_SECONDS,
        event=event,
    )
    turn.knowledge.reader.note(_read(asked, "asked"))
    turn.emit(ASKED, {"id": asked.id, "deed": deed.name, "until": _shown(asked.until)})
    log.info("approval.asked", bot=turn.bot.id, conversation=turn.event.conversation, id=asked.id)
    return phrase(turn.language, "approval.asked", title=deed.title, until=_shown(asked.until))


async def took(fabric: Fabric, turn: Turn) -> bool:
    """Whether nothing is left to do: the person was told that it was not approved, or erased."""
    if turn.event.type == CLOSED:
        turn.reply(_closed(turn))
        return True
    if not is_approved(turn):
        return False
    item = await fabric.store.get(turn.event.conversation, f"{PREFIX}{turn.event.data[APPROVED]}")
    approval = Approval.of(item) if item else None
    if approval is None or approval.state is not State.APPROVED:
        return True  # what was kept of the person is gone, and so is what they asked for
    from shared.ai.risky import Resumed

    turn.approved = approval
    turn.ai.resumed = Resumed(approval.deed.name, approval.deed.arguments, approval.deed.said)
    turn.knowledge.reader.note(_read(approval, "carried-out"))
    return False


def is_approved(turn: Turn) -> bool:
    """Whether the message is handled again because something in it was approved."""
    return turn.event.type == ACTIVITY and APPROVED in turn.event.data


def _read(approval: Approval, deed: str) -> Read:
    policy = f"bots/{approval.bot}.toml: [approvals]"
    return Read("approval", f"{approval.deed.name} {approval.id}", policy, deed=deed)


def _closed(turn: Turn) -> str:
    data = turn.data
    kind = "expired" if data["state"] == State.EXPIRED else "denied"
    said = phrase(turn.language, f"approval.{kind}", title=data["title"])
    if data["reason"]:
        said += "\n\n" + phrase(turn.language, "approval.reason", reason=data["reason"])
    return said


def _shown(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
