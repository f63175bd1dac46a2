"""`botfabric person` means one person."""

import argparse
from pathlib import Path

import pytest

from cli import person
from shared.errors import ConfigurationError


@pytest.mark.parametrize("id", ["", "  "])
@pytest.mark.parametrize("action", ["show", "export", "erase"])
def test_nobody_is_no_person(tmp_path: Path, action: str, id: str) -> None:
    asked = argparse.Namespace(action=action, id=id, reason="case 7", hold=False, release=False)

    with pytest.raises(ConfigurationError, match="the id is empty"):
        person.run(asked, tmp_path)
