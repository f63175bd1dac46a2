"""What the local host takes from `host.json`: routes, time limits, concurrency."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from shared.errors import ConfigurationError

_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class HostJson:
    """Durations in seconds; `function_timeout` is None where a function may run for ever."""

    route_prefix: str = "api"
    function_timeout: float | None = 1800
    max_lock_renewal: float = 300
    max_sessions: int = 8
    max_calls: int = 16
    batch_size: int = 16
    visibility_timeout: float = 0

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file; raises ConfigurationError with the key that cannot be read."""
        try:
            root = json.loads(path.read_bytes())
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read; a function app has one") from error
        except ValueError as error:
            raise ConfigurationError(f"{path} is not JSON: {error}") from error
        http = _table(root, "extensions", "http")
        bus = _table(root, "extensions", "serviceBus")
        queues = _table(root, "extensions", "queues")
        timeout = root.get("functionTimeout", "00:30:00")
        return cls(
            route_prefix=str(http.get("routePrefix", "api")).strip("/"),
            function_timeout=None if timeout == "-1" else _seconds("functionTimeout", timeout),
            max_lock_renewal=_seconds(
                "extensions.serviceBus.maxAutoLockRenewalDuration",
                bus.get("maxAutoLockRenewalDuration", "00:05:00"),
            ),
            max_sessions=_count(bus, "serviceBus.maxConcurrentSessions", 8),
            max_calls=_count(bus, "serviceBus.maxConcurrentCalls", 16),
            batch_size=_count(queues, "queues.batchSize", 16),
            visibility_timeout=_seconds(
                "extensions.queues.visibilityTimeout", queues.get("visibilityTimeout", "00:00:00")
            ),
        )


def _table(root: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        root = root.get(key, {}) if isinstance(root, dict) else None
    if not isinstance(root, dict):
        raise ConfigurationError(f"host.json: {'.'.join(keys)} must be an object")
    return root


def _seconds(key: str, value: Any) -> float:
    match = _TIME_SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ConfigurationError(f"host.json: {key} is {value!r}; write hh:mm:ss")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _count(table: Mapping[str, Any], key: str, default: int) -> int:
    value = table.get(key.rpartition(".")[2], default)
    if not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"host.json: extensions.{key} must be 1 or more")
    return value
