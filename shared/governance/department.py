"""A department: who owns its bots, and what they may cost."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Department:
    """One `[[department]]`. Absent, the budget has no limit; `alert_at` are shares of it."""

    id: str = field(metadata={"min_length": 1})
    name: str = ""
    owner: str = ""
    cost_center: str = ""
    region: str = ""
    budget_usd_per_month: float | None = field(default=None, metadata={"ge": 0})
    alert_at: list[float] = field(default_factory=lambda: [0.8, 1.0], metadata={"gt": 0, "le": 10})
