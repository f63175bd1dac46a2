"""A department: who owns its bots, and what they may cost."""

from dataclasses import dataclass, field

_GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


@dataclass(frozen=True)
class Department:
    """One `[[department]]`. Absent, the budget has no limit; `alert_at` are shares of it.

    What is made of Azure for its bots alone stands in `resource_group`, in its `subscription`
    where there is one; else beside the platform.
    """

    id: str = field(metadata={"min_length": 1})
    name: str = ""
    owner: str = ""
    cost_center: str = ""
    region: str = ""
    resource_group: str = field(
        default="", metadata={"pattern": r"^([\w.()-]*[\w()-])?$", "max_length": 90}
    )
    subscription: str = field(default="", metadata={"pattern": rf"^({_GUID})?$"})
    budget_usd_per_month: float | None = field(default=None, metadata={"ge": 0})
    alert_at: list[float] = field(default_factory=lambda: [0.8, 1.0], metadata={"gt": 0, "le": 10})
