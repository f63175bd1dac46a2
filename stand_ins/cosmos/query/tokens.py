"""From text to tokens, and what a parser asks of those to come."""

import re
from collections.abc import Callable
from typing import NamedTuple, NoReturn, TypeVar

from stand_ins.cosmos.query.values import QueryError

T = TypeVar("T")

CLAUSES = {"FROM", "WHERE", "GROUP", "ORDER", "OFFSET", "LIMIT", "JOIN"}
RESERVED = CLAUSES | set(
    [
        "SELECT",
        "DISTINCT",
        "TOP",
        "VALUE",
        "AND",
        "OR",
        "NOT",
        "IN",
        "BETWEEN",
        "LIKE",
        "ESCAPE",
        "EXISTS",
    ]
)
RESERVED |= set(
    ["AS", "ASC", "DESC", "BY", "TRUE", "FALSE", "NULL", "UNDEFINED"]
)  # as properties: c["order"]

TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<string>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
      | (?P<parameter>@\w+)
      | (?P<name>[A-Za-z_$][\w$]*)
      | (?P<operator><=|>=|!=|<>|\|\||\?\?|[-+*/%=<>.,()\[\]{}:?])""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """`kind` is a group of `TOKEN`, or `end`."""

    kind: str
    text: str
    start: int
    end: int


class Tokens:
    """The tokens of one query, and the place in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        position = 0
        while position < len(text):
            found = TOKEN.match(text, position)
            if not found:
                raise QueryError(f"Syntax error, unexpected character at position {position}.")
            if found.lastgroup != "space":
                self.tokens.append(
                    Token(str(found.lastgroup), found.group(), found.start(), found.end())
                )
            position = found.end()
        self.tokens.append(Token("end", "", len(text), len(text)))
        self.index = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def fail(self) -> NoReturn:
        raise QueryError(
            f"Syntax error, incorrect syntax near '{self.token[1]}' at {self.token[2]}."
        )

    def next(self) -> Token:
        token = self.token
        self.index += 1
        return token

    def at(self, *words: str) -> bool:
        """Whether the coming tokens are these keywords or operators."""
        coming = self.tokens[self.index : self.index + len(words)]
        for token, word in zip(coming, words, strict=False):
            if token.text.upper() != word or token.kind not in ("name", "operator"):
                return False
        return len(coming) == len(words)

    def take(self, *words: str) -> bool:
        if self.at(*words):
            self.index += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        if not self.take(*words):
            self.fail()

    def name(self) -> str:
        kind, text, _, _ = self.token
        if kind != "name" or text.upper() in RESERVED:
            self.fail()
        self.index += 1
        return text

    def separated(self, parse: Callable[[], T]) -> list[T]:
        found = [parse()]
        while self.take(","):
            found.append(parse())
        return found
