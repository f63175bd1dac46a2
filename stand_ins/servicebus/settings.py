"""What a queue, topic or subscription may be told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?")
_UNIT_SECONDS = (86_400, 3_600, 60, 1)
_NOT_SETTINGS = ("name", "subscriptions")


@dataclass(frozen=True)
class EntitySettings:
    """Service Bus' own words in snake case, and its defaults."""

    requires_session: bool = False
    lock_duration_seconds: float = 60.0
    max_delivery_count: int = 10
    duplicate_detection_seconds: float = 0.0
    default_ttl: float | None = None
    """Seconds."""
    dead_lettering_on_message_expiration: bool = False

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Self:
        """Read an entity of the configuration, in camel case. Raise ValueError for the unknown."""
        known = {each.name for each in fields(cls)}
        values: dict[str, Any] = {}
        for key, value in entry.items():
            name = re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), key)
            if name in known:
                values[name] = parse_duration(value) if name == "default_ttl" else value
            elif key not in _NOT_SETTINGS:
                raise ValueError(f"unknown setting {key!r} in entity {entry.get('name')!r}")
        return cls(**values)

    def dead_letter_queue(self) -> "EntitySettings":
        """Return those of its dead-letter queue: nothing there is dead-lettered again."""
        return EntitySettings(
            lock_duration_seconds=self.lock_duration_seconds, max_delivery_count=1 << 30
        )


def parse_duration(value: str | float) -> float:
    """Return seconds, given those or an ISO 8601 duration such as PT1H30M or P14D."""
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value)
    if not found or not any(found.groups()):
        raise ValueError(f"not a duration: {value!r}")
    parts = zip(found.groups(), _UNIT_SECONDS, strict=True)
    return sum(float(part or 0) * unit for part, unit in parts)
