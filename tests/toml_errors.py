"""What is said of a mistake in a TOML file, for tests that are not about the line."""

import re


def without_line(said: str) -> str:
    """`bots/desk.toml: line 7: id: missing` as `bots/desk.toml: id: missing`."""
    is_no_toml = "not a TOML|not TOML|this key or table"
    return re.sub(rf"(\.toml): line \d+: (?!{is_no_toml})", r"\1: ", said)
