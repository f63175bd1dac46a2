"""A bot is data: one TOML file, read by `shared/manifest/bots.py`, and nothing else."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

NAME = {"pattern": r"^[a-z][a-z0-9-]{0,39}$"}
TEXT = {"min_length": 1}
HOST = {"pattern": r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"}
ARTICLE = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")
"""An article's id; anything else in `[urgent]` is a sentence."""
TEAMS_CREDENTIALS = ("client_secret", "certificate", "certificate_path", "federated_client_id")
"""The keys of a SingleTenant app of which it needs one."""


def _limited(default: Any = None, **limits: Any) -> Any:
    """A field whose value keeps to `limits`: those of `shared/manifest/table.py`."""
    return field(default=default, metadata=limits)


@dataclass(frozen=True)
class TeamsChannel:
    """An empty table: no `app_id`, so local and unauthenticated only.

    `client_secret`, `certificate` and `certificate_password` may be places in a Key Vault.
    `connection` is the OAuth connection setting of the Azure Bot by which people sign in.
    """

    app_id: str = ""
    app_type: Literal["SingleTenant", "UserAssignedMSI"] = "SingleTenant"
    tenant_id: str = ""
    client_secret: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    certificate_path: str = ""
    certificate_password: str = field(default="", repr=False)
    federated_client_id: str = ""
    tenants: list[str] = field(default_factory=list)
    cloud: Literal["public", "gcc-high", "dod"] = "public"
    requests_per_second: float | None = _limited(gt=0)
    connection: str = ""


@dataclass(frozen=True)
class WhatsAppChannel:
    """`template` is an approved one without parameters: it asks the person to write again."""

    phone_number_id: str = field(metadata=TEXT)
    template: str = ""
    template_language: str = ""
    requests_per_second: float | None = _limited(gt=0)


@dataclass(frozen=True)
class WebChannel:
    origins: list[str] = field(default_factory=list)
    requests_per_second: float | None = _limited(gt=0)


@dataclass(frozen=True)
class Channels:
    teams: TeamsChannel | None = None
    whatsapp: WhatsAppChannel | None = None
    web: WebChannel | None = None


@dataclass(frozen=True)
class Quota:
    """Absent means no limit, zero none allowed.

    `cheaper_model` is the alias that is called from 80 % of a limit on. `on_unknown` is what
    becomes of a call while the counters cannot be asked.
    """

    turns_per_user_per_day: int | None = _limited(ge=0)
    tokens_per_user_per_day: int | None = _limited(ge=0)
    tokens_per_day: int | None = _limited(ge=0)
    budget_usd_per_month: float | None = _limited(ge=0)
    cheaper_model: str = ""
    on_unknown: Literal["refuse", "allow"] = "refuse"


@dataclass(frozen=True)
class Limits:
    """What a bot may take of what all bots share, so that its surge, loop or bug stays its own.

    `turns_per_second` is its pace at each process that takes webhooks, with half a second of
    it at once; `concurrency` its turns at once in each process that works.
    """

    turns_per_second: float = _limited(20.0, gt=0)
    concurrency: int = _limited(4, ge=1)
    turns_per_minute_per_conversation: int = _limited(60, ge=1)


@dataclass(frozen=True)
class Retention:
    """Days that transcripts and files are kept, and conversations from their last turn."""

    transcript_days: int = _limited(90, ge=1, le=3650)
    conversation_days: int = _limited(400, ge=1, le=3650)
    file_days: int = _limited(30, ge=1, le=3650)


@dataclass(frozen=True)
class Late:
    """What becomes of a late answer: WhatsApp's window is shut, a person took over, or newer
    messages were handled and the answer is `moved_on_minutes` old.

    No `window` means a template where the bot has one, else park.
    """

    window: Literal["template", "park", "drop"] | None = None
    taken_over: Literal["send", "prefix", "drop"] = "drop"
    moved_on: Literal["send", "prefix", "drop"] = "prefix"
    moved_on_minutes: int = _limited(10, ge=1)


@dataclass(frozen=True)
class Safety:
    """What protects people and the bot from each other where a model is asked.

    With `personal_data = "redact"` the model gets placeholders for identifiers of people, and
    the answer has the values again. What people or the model say is declined from this severity
    on. `links` are the hosts that a model may link to; None: those that its sources name.
    """

    personal_data: Literal["send", "redact"] = "send"
    decline_from: Literal["low", "medium", "high", "never"] = "high"
    links: list[str] | None = field(default=None, metadata=HOST)


@dataclass(frozen=True)
class Evaluation:
    """`floor` is the least share of right turns in the bot's own cases; below it, it fails."""

    floor: float | None = _limited(ge=0, le=1)


@dataclass(frozen=True)
class Handoff:
    """Who answers when somebody asks for a person: when (`Mon-Fri 08:00-18:00 Europe/Berlin`, ""
    when not known), on which phone, and after how long without an answer the bot is back."""

    hours: str = ""
    phone: str = ""
    return_after_minutes: int = _limited(60, ge=1, le=10_080)


@dataclass(frozen=True)
class Approvals:
    """Who decides on what has to be approved, and for how long.

    They have this `role` or more in the bot's department, and are in one of the `groups` where
    some are named.
    """

    role: Literal["operator", "owner", "admin"] = "owner"
    groups: list[str] = field(default_factory=list, metadata=TEXT)
    expires_after_hours: int = _limited(72, ge=1, le=720)


@dataclass(frozen=True)
class Value:
    """What the organisation says that one solved conversation is worth to it, and what makes one
    unsolved: a `person` who was brought in, a question left `unanswered`, a thumb
    down (`disliked`).
    """

    usd_per_resolved: float | None = _limited(ge=0)
    solved_unless: list[Literal["person", "unanswered", "disliked"]] = field(
        default_factory=lambda: ["person"]
    )


@dataclass(frozen=True)
class Bot:
    """With `voice` a voice note is transcribed, and handled like what is written."""

    id: str = field(metadata=NAME)
    name: str = field(metadata=TEXT)
    owner: str = field(metadata=TEXT)
    department: str = field(metadata=TEXT)
    skills: list[str] = field(metadata=NAME)
    default_skill: str = field(metadata=NAME)
    description: str = ""
    cost_center: str = ""
    region: str = ""
    instructions: str = ""
    examples: list[str] = field(default_factory=list)
    knowledge: list[str] = field(default_factory=list, metadata=NAME)
    languages: list[str] = field(default_factory=list)
    model: str = "default"
    voice: bool = False
    routes: dict[str, str] = field(default_factory=dict, metadata=NAME)
    urgent: dict[str, str] = field(default_factory=dict, metadata=TEXT)
    channels: Channels = field(default_factory=Channels)
    quota: Quota = field(default_factory=Quota)
    limits: Limits = field(default_factory=Limits)
    retention: Retention = field(default_factory=Retention)
    late: Late = field(default_factory=Late)
    safety: Safety = field(default_factory=Safety)
    evaluation: Evaluation = field(default_factory=Evaluation)
    handoff: Handoff = field(default_factory=Handoff)
    approvals: Approvals = field(default_factory=Approvals)
    value: Value = field(default_factory=Value)
    backends: dict[str, list[str]] | None = None
