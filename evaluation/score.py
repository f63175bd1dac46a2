"""What a run is worth: turns by group, and the change since the last release."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from evaluation.stage import Held
from shared.errors import ConfigurationError

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Tally:
    """Dialogues and those without a wrong turn; judged turns, and the right among them."""

    dialogues: int = 0
    whole: int = 0
    turns: int = 0
    right: int = 0
    confidently_wrong: int = 0

    @property
    def share(self) -> float:
        return self.right / self.turns if self.turns else 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.dialogues + other.dialogues,
            self.whole + other.whole,
            self.turns + other.turns,
            self.right + other.right,
            self.confidently_wrong + other.confidently_wrong,
        )


@dataclass(frozen=True, slots=True)
class Score:
    """The tallies of one bot by group."""

    bot: str
    groups: Mapping[str, Tally] = field(default_factory=dict)

    @property
    def total(self) -> Tally:
        return sum(self.groups.values(), Tally())

    @classmethod
    def of(cls, bot: str, held: Iterable[Held]) -> Self:
        groups: defaultdict[str, Tally] = defaultdict(Tally)
        for one in held:
            judged = [verdict for verdict in one.verdicts if verdict.failures is not None]
            groups[one.case.group] += Tally(
                1,
                int(one.is_whole),
                len(judged),
                sum(verdict.is_right for verdict in judged),
                sum(verdict.confident for verdict in judged),
            )
        return cls(bot, dict(sorted(groups.items())))


@dataclass(frozen=True, slots=True)
class Release:
    """The score that a bot had when `version` went out."""

    version: str
    score: Score

    def change(self, now: Score, group: str = TOTAL) -> float | None:
        """The difference in the share of right turns; None for a group that was not there."""
        if group == TOTAL:
            return now.total.share - self.score.total.share
        before = self.score.groups.get(group)
        return None if before is None else now.groups[group].share - before.share


def release_file(bots_dir: Path, bot: str) -> Path:
    return bots_dir / f"{bot}.released.json"


def load_release(path: Path) -> Release | None:
    """Read what `keep_release` wrote; None without a file. Raises ConfigurationError."""
    if not path.exists():
        return None
    try:
        raw = json.loads(path.read_bytes())
        groups = {str(name): Tally(**tally) for name, tally in raw["groups"].items()}
        return Release(str(raw["version"]), Score(str(raw["bot"]), groups))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            f"{path} is not what a release left; remove it, or write it anew with "
            "botfabric eval BOT --release VERSION"
        ) from None


def keep_release(path: Path, version: str, score: Score) -> None:
    """Write the score as that of a release, for later runs to be compared with."""
    groups = {name: asdict(tally) for name, tally in score.groups.items()}
    body: dict[str, Any] = {"version": version, "bot": score.bot, "groups": groups}
    path.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
