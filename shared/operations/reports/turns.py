"""The turns there were, read from the transcripts: who, where, how long; never what was said."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.bot import Bot
from shared.fabric import Fabric
from shared.migration import FIRST_VERSION
from shared.operations.reports.period import Period
from shared.ports.store import Item
from shared.records.seen import MESSAGE, transcripts


@dataclass(frozen=True, slots=True)
class Scope:
    """Which bots a report is about; without names or departments, all of them.

    With a `skill` it is about that alone, with a `version` of it about what that one did, with a
    version of the bot's `manifest` about what went by that.
    """

    bot: str = ""
    department: str = ""
    skill: str = ""
    version: str = ""
    manifest: str = ""
    departments: frozenset[str] | None = None
    """Those whose figures the asker may see; None for all."""

    def takes(self, bot: str, manifest: Bot | None) -> bool:
        return self.covers(bot, manifest.department if manifest else "")

    def covers(self, bot: str, department: str) -> bool:
        return (
            self.bot in ("", bot)
            and self.department in ("", department)
            and (self.departments is None or department in self.departments)
        )

    def is_about(self, skill: str, version: str, manifest: str) -> bool:
        return (
            self.skill in ("", skill)
            and self.version in ("", version)
            and self.manifest in ("", manifest)
        )


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn. `seconds` it took, `waited` from the person's message to its begin."""

    bot: str
    channel: str
    conversation: str
    person: str
    skill: str
    version: str
    manifest: str
    type: str
    handed_to: str
    replies: int
    at: float
    seconds: float
    waited: float

    @property
    def is_message(self) -> bool:
        return self.type == "message"

    @property
    def day(self) -> str:
        return datetime.fromtimestamp(self.at, UTC).date().isoformat()


async def turns(fabric: Fabric, scope: Scope, period: Period) -> AsyncIterator[TurnRecord]:
    """Walk all transcripts of a scope and period: for reports, never in a turn."""
    async for item in transcripts(fabric.store):
        record = _record(item)
        about = scope.is_about(record.skill, record.version, record.manifest)
        if about and record.at in period and scope.takes(record.bot, fabric.bots.get(record.bot)):
            yield record


def _record(item: Item) -> TurnRecord:
    bot, channel, _ = item.partition.rsplit(".", 2)
    body: dict[str, Any] = item.body
    return TurnRecord(
        bot=bot,
        channel=channel,
        conversation=item.partition,
        person=str(body.get("person", "")),
        skill=str(body["skill"]),
        version=str(body.get("version", FIRST_VERSION)),
        manifest=str(body.get("manifest", FIRST_VERSION)),
        type=str(body.get("type", MESSAGE)),
        handed_to=str(body.get("handed_to", "")),
        replies=len(body["replies"]),
        at=float(body["at"]),
        seconds=float(body.get("seconds", 0.0)),
        waited=float(body.get("waited", 0.0)),
    )
