"""Resource groups of departments, a line each: `python -m packing.groups SUBSCRIPTION LOCATION`.

Subscription, name, location, department and cost centre stand apart by tabs; the arguments are
those of the platform, for a department that names none of its own.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from packing.needs import NEEDS_FILE


def lines(needs: Path, subscription: str, location: str) -> Iterator[str]:
    """What a pipeline makes before the Bicep that fills it."""
    for group in json.loads(needs.read_bytes())["groups"]:
        place = group["subscription"] or subscription
        row = (place, group["name"], location, group["department"], group["costCenter"])
        yield "\t".join(row) + "\n"


if __name__ == "__main__":
    sys.stdout.writelines(lines(NEEDS_FILE, *sys.argv[1:]))
