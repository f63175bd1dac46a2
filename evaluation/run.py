"""The result of one bot's cases: passed or not, and by how much."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluation.score import Release, Score
from evaluation.stage import Held


@dataclass(frozen=True, slots=True)
class Run:
    """`floor` is None when nothing is demanded."""

    score: Score
    floor: float | None
    release: Release | None
    held: Sequence[Held]

    @property
    def passed(self) -> bool:
        """Whether the share of right turns, to a millionth, is not below the floor."""
        return self.floor is None or self.score.total.share >= self.floor - 1e-6

    @property
    def summary(self) -> str:
        """The verdict in one line."""
        share, bot = f"{self.score.total.share:.1%}", self.score.bot
        if self.floor is None:
            return f"{bot}: {share} of the turns are right; no floor is asked for"
        if self.passed:
            return f"{bot}: passed, {share} of the turns are right, the floor is {self.floor:.1%}"
        return (
            f"{bot}: FAILED, {share} of the turns are right and the floor is {self.floor:.1%}; "
            "mend what is wrong above, or lower evaluation.floor in the manifest and say why"
        )

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON."""
        score, release = self.score, self.release
        groups = {
            name: {
                **asdict(tally),
                "share": round(tally.share, 4),
                "change": _rounded(release.change(score, name)) if release else None,
            }
            for name, tally in score.groups.items()
        }
        wrong = [
            {
                "case": held.case.id,
                "say": one.line.say,
                "reply": one.reply.text,
                "cites": list(one.reply.cited),
                "confident": one.confident,
                "failures": list(one.failures),
            }
            for held in self.held
            for one in held.verdicts
            if one.failures
        ]
        return {
            "bot": score.bot,
            "passed": self.passed,
            "floor": self.floor,
            "share": round(score.total.share, 4),
            **asdict(score.total),
            "since": release.version if release else None,
            "change": _rounded(release.change(score)) if release else None,
            "groups": groups,
            "wrong": wrong,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
