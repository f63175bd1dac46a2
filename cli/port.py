"""Where the local host listens unless somebody says otherwise."""

import os

DEFAULT_PORT = 7071


def port_text() -> str:
    """What `PORT` says, unread, or the default."""
    return os.environ.get("PORT") or str(DEFAULT_PORT)
