"""The little Markdown that the pages of figures need."""

from collections.abc import Sequence


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]
