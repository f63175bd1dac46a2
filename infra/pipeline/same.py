"""Compare two lists of `botfabric pack --json`: exit code 1 when an app has other bytes."""

import json
import sys
from pathlib import Path


def digests(path: str) -> dict[str, str]:
    return {app["app"]: app["digest"] for app in json.loads(Path(path).read_bytes())}


if __name__ == "__main__":
    first, second = map(digests, sys.argv[1:3])
    for name, digest in first.items():
        print(f"{name}: {digest}")
    if first != second:
        sys.exit("two packs of one checkout differ")
