"""Rules about the work: what died, what waits, what fails, who has fallen silent."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.bot import Bot
from shared.operations.reports.alarms.alarm import Alarm, Rule
from shared.operations.reports.days import Used
from shared.records.acceptance import Acceptance
from shared.records.figures import parts
from shared.records.ledger_entry import Outcome

WAITING_SECONDS = 15 * 60
"""A message that was accepted so long ago and is not answered."""

FAILED_LEAST, FAILED_SHARE = 20, 0.2
"""Deliveries that failed in this hour and the one before: so many, and such a share of all."""

AWAY_LEAST = 3
"""Calls of a system without an answer in this hour and the one before: so a breaker opens."""

SILENT_HOURS = 24
SPOKEN_LEAST = 5
"""Turns in the same hours of a week ago, and of two weeks ago when the bot is so old, that make a
day without any remarkable; so weekends are none."""

HISTORY_DAYS = 16
"""How far back the rules look."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The use of the bots by hour, as the daily figures have it."""

    days: Mapping[tuple[str, str], Used]

    @classmethod
    def of(cls, days: Iterable[Used]) -> "Hours":
        return cls({(one.bot, one.day): one for one in days})

    def outcomes(self, bot: str, now: float) -> Counter[str]:
        """Count how the deliveries of this hour and the one before ended."""
        found: Counter[str] = Counter()
        for day, hour in _hours(now, 2):
            if one := self.days.get((bot, day)):
                for name, number in one.tally.figures.hours.items():
                    _, at, outcome = parts(name)
                    if at == hour:
                        found[outcome] += number
        return found

    def away(self, bot: str, now: float) -> Counter[str]:
        """Count the calls without an answer of this hour and the one before, by system."""
        found: Counter[str] = Counter()
        for day, hour in _hours(now, 2):
            if one := self.days.get((bot, day)):
                for name, number in one.tally.figures.away.items():
                    system, at = parts(name)
                    if at == hour:
                        found[system] += number
        return found

    def turns(self, bot: str, now: float, hours: int) -> int:
        """Count the turns of the hours before `now`, this one included."""
        wanted, total = set(_hours(now, hours)), 0
        for day in {day for day, _ in wanted}:
            if one := self.days.get((bot, day)):
                for name, number in one.tally.figures.hours.items():
                    _, at, outcome = parts(name)
                    if (day, at) in wanted and outcome == Outcome.DONE:
                        total += number
        return total

    def since(self, bot: str) -> str:
        """The first day of a bot that is known, "" when there is none."""
        return min((day for of, day in self.days if of == bot), default="")


def dead_letters(bots: Mapping[str, Bot], hours: Hours, now: float) -> Iterator[Alarm]:
    for bot in _all(bots, hours):
        if dead := hours.outcomes(bot, now)[Outcome.DEAD]:
            detail = f"{dead} since the hour before this one"
            yield Alarm(Rule.DEAD_LETTERS, bot, detail, bot, _owner(bots, bot))


def messages_wait(
    bots: Mapping[str, Bot], notes: Sequence[tuple[str, Acceptance]], now: float
) -> Iterator[Alarm]:
    """`notes` are those of what is open and overdue, with the key of the conversation."""
    late: dict[str, list[float]] = {}
    for key, note in notes:
        if now - note.at >= WAITING_SECONDS and not note.parked:
            late.setdefault(key.partition(".")[0], []).append(note.at)
    for bot, times in sorted(late.items()):
        minutes = int(now - min(times)) // 60
        detail = f"{len(times)} messages, the oldest for {minutes} minutes"
        yield Alarm(Rule.MESSAGES_WAIT, bot, detail, bot, _owner(bots, bot))


def errors(bots: Mapping[str, Bot], hours: Hours, now: float) -> Iterator[Alarm]:
    for bot in _all(bots, hours):
        found = hours.outcomes(bot, now)
        failed, all_of_them = found[Outcome.FAILED], found.total()
        if failed >= FAILED_LEAST and failed >= FAILED_SHARE * all_of_them:
            detail = f"{failed} of {all_of_them} deliveries failed since the hour before this one"
            yield Alarm(Rule.ERRORS, bot, detail, bot, _owner(bots, bot))


def breakers(
    bots: Mapping[str, Bot], hours: Hours, open_here: Mapping[str, str], now: float
) -> Iterator[Alarm]:
    """`open_here` is what this process does not call just now, and why."""
    away: Counter[str] = Counter()
    for bot in _all(bots, hours):
        away.update(hours.away(bot, now))
    for system in sorted({*away, *open_here}):
        if why := open_here.get(system):
            yield Alarm(Rule.BREAKER, system, why)
        elif away[system] >= AWAY_LEAST:
            detail = f"{away[system]} calls without an answer since the hour before this one"
            yield Alarm(Rule.BREAKER, system, detail)


def silent(bots: Mapping[str, Bot], hours: Hours, now: float) -> Iterator[Alarm]:
    week = 7 * 86_400.0
    for bot in sorted(bots):
        if hours.turns(bot, now, SILENT_HOURS):
            continue
        weeks = [1, 2] if _age(hours.since(bot), now) > 15 else [1]
        usual = [hours.turns(bot, now - number * week, SILENT_HOURS) for number in weeks]
        if min(usual) >= SPOKEN_LEAST:
            detail = f"no turn for a day; {usual[0]} in the same hours a week ago"
            yield Alarm(Rule.SILENT, bot, detail, bot, _owner(bots, bot))


def _hours(now: float, count: int) -> Iterator[tuple[str, str]]:
    """The hour of `now` and those before it, each as its day and number in UTC."""
    moment = datetime.fromtimestamp(now, UTC)
    for back in range(count):
        hour = moment - timedelta(hours=back)
        yield hour.date().isoformat(), f"{hour.hour:02d}"


def _age(day: str, now: float) -> float:
    """How many days ago that was, 0.0 of no day."""
    if not day:
        return 0.0
    return (now - datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) / 86_400


def _all(bots: Mapping[str, Bot], hours: Hours) -> list[str]:
    return sorted({*bots, *(bot for bot, _ in hours.days)})


def _owner(bots: Mapping[str, Bot], bot: str) -> str:
    return bots[bot].owner if bot in bots else ""
