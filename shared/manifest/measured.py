"""The manifests measured by the policy once a day: rules begin, and exceptions end, by date."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from shared.errors import ConfigurationError
from shared.manifest.policy import Finding, findings, load_policy
from shared.observability import log


def _today() -> date:
    return datetime.now(UTC).date()


class Measured:
    """Reads the policy when it is made, and measures the manifests when it is first asked.

    Raises ConfigurationError for a policy that is wrong then; later the old one holds.
    """

    def __init__(
        self, policy_file: Path, bots_dir: Path, *, today: Callable[[], date] = _today
    ) -> None:
        self._policy_file, self._bots_dir, self.today = policy_file, bots_dir, today
        self._day = today()
        self._policy = load_policy(policy_file)
        self._found: Sequence[Finding] | None = None

    def findings(self) -> Sequence[Finding]:
        """Every breach of today."""
        if (day := self.today()) != self._day:
            self._day = day
            try:
                self._policy = load_policy(self._policy_file)
                self._found = self._measure()
            except ConfigurationError as error:
                log.error("policy.not_read", reason=str(error))
        if self._found is None:
            self._found = self._measure()
        return self._found

    def _measure(self) -> Sequence[Finding]:
        return list(findings(self._policy, self._bots_dir, self._day))
