"""What the pages state as fact, where the code can tell."""

import json
import re
from pathlib import Path

from shared.settings import Settings
from shared.storage.cosmos.documents import CONTAINERS, DEFINITION

DOCS = Path(__file__).parents[3] / "docs"


def test_the_containers_are_those_that_the_store_makes() -> None:
    text = (DOCS / "azure.md").read_text()
    block = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert block
    assert json.loads(block[1]) == DEFINITION
    assert all(f"`{name}`" in text for name in CONTAINERS)


def test_every_setting_of_the_product_has_its_row() -> None:
    example = json.loads((DOCS.parent / "local.settings.example.json").read_text())["Values"]
    text = (DOCS / "settings.md").read_text()
    missing = [name for name in example if name.startswith("FABRIC_") and name not in text]
    assert missing == []
    assert Settings.from_environ({"FABRIC_ENVIRONMENT": "local"}).local
