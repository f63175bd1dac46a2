"""Rules about what somebody has to see to: owners, the policy, certificates and secrets."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shared import vault_reference
from shared.bot import Bot
from shared.errors import FabricError
from shared.fabric import Fabric
from shared.governance.department import Department
from shared.manifest.policy import Finding
from shared.operations.reports.alarms.alarm import Alarm, Rule
from shared.records.departed import Departed

ENDS_WITHIN_DAYS = 30


@dataclass(frozen=True, slots=True)
class End:
    """When something that a bot proves itself with ends, in Unix time."""

    what: str
    at: float
    bot: str
    owner: str


def orphans(
    bots: Mapping[str, Bot], departments: Mapping[str, Department], used: Iterable[str]
) -> Iterator[Alarm]:
    """Bots of a department that is not declared, and bots that are used and have no manifest."""
    for bot in bots.values():
        if departments and bot.department not in departments:
            detail = f"its department {bot.department!r} is not in departments.toml"
            yield Alarm(Rule.ORPHAN, bot.id, detail, bot.id, bot.owner)
    for gone in sorted(set(used) - set(bots)):
        yield Alarm(
            Rule.ORPHAN, gone, "it had turns today, and this app has no manifest of it", gone
        )


def departed(bots: Mapping[str, Bot], gone: Iterable[Departed]) -> Iterator[Alarm]:
    """Bots whose owner is not in the directory any more, and when they are paused."""
    for one in gone:
        if one.bot not in bots:
            continue
        day = datetime.fromtimestamp(one.pauses, UTC).date()
        then = "it is paused" if one.paused else f"it is paused on {day}" if one.pauses else ""
        detail = f"its owner {one.owner} is not in the directory any more"
        said = ", ".join(filter(None, [detail, then]))
        yield Alarm(Rule.ORPHAN, f"{one.bot} owner", said, one.bot)


def policy(bots: Mapping[str, Bot], findings: Iterable[Finding]) -> Iterator[Alarm]:
    for finding in findings:
        breach = finding.breach
        owner = bots[breach.bot].owner if breach.bot in bots else ""
        yield Alarm(Rule.POLICY, f"{breach.bot} {breach.rule.id}", str(finding), breach.bot, owner)


def ending(ends: Iterable[End], now: float) -> Iterator[Alarm]:
    for end in ends:
        if end.at - now < ENDS_WITHIN_DAYS * 86_400:
            day = datetime.fromtimestamp(end.at, UTC).date()
            word = "ended" if end.at <= now else "ends"
            yield Alarm(Rule.ENDS, end.what, f"it {word} on {day}", end.bot, end.owner)


async def ends(fabric: Fabric) -> AsyncIterator[End]:
    """Find out when certificates of the bots end, and secrets that a Key Vault knows an end of.

    What cannot be read is left out: health and `doctor` say so.
    """
    for bot in fabric.bots.values():
        teams = bot.channels.teams
        if teams is None:
            continue
        for name in ("client_secret", "certificate", "certificate_password"):
            value = str(getattr(teams, name))
            if vault_reference.is_reference(value) and (at := await _secret(fabric, value)):
                yield End(f"{bot.id} {name}", at, bot.id, bot.owner)
        if (teams.certificate or teams.certificate_path) and (
            at := await _certificate(fabric, bot)
        ):
            yield End(f"{bot.id} certificate", at, bot.id, bot.owner)


async def _secret(fabric: Fabric, value: str) -> float | None:
    try:
        return await fabric.secrets.ends_at(value)
    except FabricError:
        return None


async def _certificate(fabric: Fabric, bot: Bot) -> float | None:
    from shared.identity.bot_token import certificate_file
    from shared.identity.client_assertion import ends_at

    teams = bot.channels.teams
    if teams is None:
        return None
    try:
        password = await fabric.secrets.get(teams.certificate_password)
        if teams.certificate_path:
            return ends_at(certificate_file(teams.certificate_path), password)
        return ends_at(await fabric.secrets.get(teams.certificate), password)
    except (FabricError, ValueError, OSError):
        return None
