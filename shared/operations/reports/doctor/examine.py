"""Every check there is, over one set of premises."""

from collections.abc import Sequence

from shared.operations.reports.doctor import (
    files,
    identity,
    manifests,
    people,
    senses,
    settings,
)
from shared.operations.reports.doctor.mistake import Check, Mistake, Premises

CHECKS: Sequence[Check] = (
    *settings.CHECKS,
    *identity.CHECKS,
    *files.CHECKS,
    *manifests.CHECKS,
    *people.CHECKS,
    *senses.CHECKS,
)


def examine(premises: Premises) -> list[Mistake]:
    """Every mistake, what stops the app first."""
    found = [mistake for check in CHECKS for mistake in check(premises)]
    return sorted(dict.fromkeys(found), key=lambda mistake: mistake.warning)
