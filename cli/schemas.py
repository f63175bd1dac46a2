"""Writes `schemas/*.schema.json`: `python -m cli.schemas`, or `make schemas`."""

import json
import sys
from pathlib import Path

from shared.manifest.json_schema import FILES, schema_of

FOLDER = Path(__file__).parents[1] / "schemas"


def texts() -> dict[str, str]:
    """The content of each file of the folder, by its name."""
    return {
        f"{name}.schema.json": json.dumps(schema_of(file), indent=2, ensure_ascii=False) + "\n"
        for name, file in FILES.items()
    }


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
