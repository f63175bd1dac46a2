"""local.settings.example.json lists every setting, and starts the app as it stands."""

import json
import re
from pathlib import Path

from shared.settings import Settings

ROOT = Path(__file__).parents[3]
EXAMPLE = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
READERS = "".join(
    (ROOT / "shared" / f"{name}.py").read_text() for name in ("settings", "environment")
)


def test_every_setting_of_ours_is_in_the_example() -> None:
    read = re.findall(r'"(FABRIC_[A-Z_]+)"', READERS)
    assert len(set(read)) > 15
    assert set(read) <= EXAMPLE.keys()


def test_every_setting_in_the_example_is_read_or_azures_own() -> None:
    known = READERS + (ROOT / "cli" / "port.py").read_text()
    assert {name for name in EXAMPLE if f'"{name}"' not in known} == {"FUNCTIONS_WORKER_RUNTIME"}


def test_as_it_stands_it_is_the_embedded_set_up() -> None:
    settings = Settings.from_environ(EXAMPLE)
    assert settings.local
    schemes = [url.partition(":")[0] for url in (settings.store_url, settings.bus_url)]
    assert [*schemes, settings.ai_url] == ["sqlite", "sqlite", "offline://"]
