"""Names as the services take them for functions and schemas, in what was said before too."""

import re
import unicodedata
from hashlib import sha256

MAX_NAME = 64

_TAKEN = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_OTHER = re.compile(r"[^a-zA-Z0-9_-]+")


def service_name(name: str) -> str:
    """Return `name`, or one that is taken, the same each time: `Page[Order]` is `Page_Order`."""
    if _TAKEN.fullmatch(name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    short = _OTHER.sub("_", plain).strip("_")[:MAX_NAME]
    return short or "unnamed_" + sha256(name.encode("utf-8", "replace")).hexdigest()[:8]
