"""Workbooks: each sheet as a table, with the values that its formulas had."""

from itertools import islice
from pathlib import Path

from shared.knowledge.documents.document import Document
from shared.knowledge.documents.table import table

MAX_ROWS = 5_000
"""Rows of a sheet that are read: more is data, not an article."""


def read(path: Path) -> Document:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        sheets = []
        for sheet in book.worksheets:
            rows = [
                ["" if value is None else str(value) for value in row]
                for row in islice(sheet.iter_rows(values_only=True), MAX_ROWS)
            ]
            if any(any(row) for row in rows):
                sheets.append(f"## {sheet.title}\n\n{table([row for row in rows if any(row)])}")
        return Document("\n\n".join(sheets), " ".join((book.properties.title or "").split()))
    finally:
        book.close()
