"""The queries of infra/monitor as Microsoft's own parser reads them, against Azure's tables."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

KUSTO = Path(__file__).parent / "kusto"
QUERIES = sorted((Path(__file__).parents[2] / "infra" / "monitor").glob("*.kql"))

Check = Callable[..., str]


@pytest.fixture
def check(needs: Callable[[str], str], node_modules: Callable[[Path], Path]) -> Check:
    """What the parser finds in files, a line each."""
    node_modules(KUSTO)
    node = needs("node")

    def run(*paths: Path) -> str:
        result = subprocess.run(
            [node, "check.cjs", *map(str, paths)],
            cwd=KUSTO,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert not result.stderr
        assert (result.returncode == 0) == (not result.stdout)
        return result.stdout

    return run


def test_every_query_is_one(check: Check) -> None:
    assert QUERIES
    assert check(*QUERIES) == ""


def test_a_table_a_column_and_an_operator_that_do_not_exist_are_found(
    check: Check, tmp_path: Path
) -> None:
    usage = next(path for path in QUERIES if path.stem == "usage").read_text()
    mistakes = {
        "table": usage.replace("AppTraces", "AppTrace"),
        "column": usage.replace("ItemCount", "Items"),
        "operator": usage.replace("| summarize", "| summarise"),
    }
    for name, text in mistakes.items():
        (tmp_path / f"{name}.kql").write_text(text)

    found = check(*sorted(tmp_path.glob("*.kql")))

    assert all(f"{name}.kql:" in found for name in mistakes), found
