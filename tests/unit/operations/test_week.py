"""The made-up week of `make bench-week` is reported as it was, and docs/observe.md shows it."""

from dataclasses import replace
from pathlib import Path

from bench.week import compared, printed

DOCS = Path(__file__).parents[3] / "docs" / "observe.md"


async def test_the_reports_are_the_truth_with_kills_on_and_the_docs_show_it(tmp_path: Path) -> None:
    rows = await compared(tmp_path)

    assert [row for row in rows if not row.is_same] == []
    assert printed(rows) in DOCS.read_text()
    wrong = replace(rows[0], report=rows[0].report + 1)
    assert "**no**" in printed([wrong, *rows[1:]])
