"""Who types: for the audit trail."""

import getpass

from shared.governance.audit import Operator


def here() -> Operator:
    """The user of the operating system, where it has a name for it."""
    try:
        return Operator(getpass.getuser(), "cli")
    except (OSError, KeyError, ImportError):
        return Operator("unknown", "cli")
