"""Expressions, parsed from the loosest binding to the tightest."""

import re
from collections.abc import Callable, Mapping

from stand_ins.cosmos.query.functions import FUNCTIONS
from stand_ins.cosmos.query.syntax import AGGREGATES, Expression, Node
from stand_ins.cosmos.query.tokens import Tokens
from stand_ins.cosmos.query.values import UNDEFINED, QueryError


class ExpressionParser(Tokens):
    """Recursive descent: one method a level of binding."""

    def spanned(self) -> Expression:
        start = self.token[2]
        node = self.expression()
        return Expression(node, self.text[start : self.tokens[self.index - 1][3]])

    def expression(self) -> Node:
        node = self.coalesce()
        if self.take("?"):
            chosen = self.expression()
            self.expect(":")
            return ("if", node, chosen, self.expression())
        return node

    def chain(self, operators: Mapping[str, str], operand: Callable[[], Node]) -> Node:
        node = operand()
        while True:
            operator = next((each for each in operators if self.at(each)), None)
            if operator is None:
                return node
            self.next()
            node = (operators[operator], operator, node, operand())

    def coalesce(self) -> Node:
        return self.chain({"??": "coalesce"}, self.disjunction)

    def disjunction(self) -> Node:
        return self.chain({"OR": "logic"}, self.conjunction)

    def conjunction(self) -> Node:
        return self.chain({"AND": "logic"}, self.negation)

    def negation(self) -> Node:
        if self.take("NOT"):
            return ("not", self.negation())
        return self.comparison()

    def comparison(self) -> Node:
        node = self.concatenation()
        negated = self.at("NOT") and self.tokens[self.index + 1][1].upper() in (
            "IN",
            "BETWEEN",
            "LIKE",
        )
        if negated:
            self.next()
        if self.take("IN"):
            self.expect("(")
            node = ("in", node, self.separated(self.expression))
            self.expect(")")
        elif self.take("BETWEEN"):
            low = self.concatenation()
            self.expect("AND")
            node = ("between", node, low, self.concatenation())
        elif self.take("LIKE"):
            node = ("like", node, self.concatenation())
        else:
            for operator in ("=", "!=", "<>", "<=", ">=", "<", ">"):
                if self.take(operator):
                    return (
                        "compare",
                        "!=" if operator == "<>" else operator,
                        node,
                        self.concatenation(),
                    )
        return ("not", node) if negated else node

    def concatenation(self) -> Node:
        return self.chain({"||": "concat"}, self.sum)

    def sum(self) -> Node:
        return self.chain({"+": "number", "-": "number"}, self.product)

    def product(self) -> Node:
        return self.chain({"*": "number", "/": "number", "%": "number"}, self.unary)

    def unary(self) -> Node:
        if self.take("-"):
            return ("number", "-", ("constant", 0), self.unary())
        self.take("+")
        return self.postfix()

    def postfix(self) -> Node:
        node = self.primary()
        while True:
            if self.take("."):
                node = ("get", node, ("constant", self.name()))
            elif self.take("["):
                node = ("get", node, self.expression())
                self.expect("]")
            else:
                return node

    def primary(self) -> Node:
        kind, text, _, _ = self.token
        if kind == "number":
            self.next()
            return ("constant", float(text) if re.search(r"[.eE]", text) else int(text))
        if kind == "string":
            self.next()
            return ("constant", unescape(text[1:-1]))
        if kind == "parameter":
            self.next()
            return ("parameter", text)
        if self.take("("):
            if self.at("SELECT"):
                raise QueryError("Subqueries are not implemented by this peer.")
            node = self.expression()
            self.expect(")")
            return node
        if self.take("["):
            items = [] if self.at("]") else self.separated(self.expression)
            self.expect("]")
            return ("array", items)
        if self.take("{"):
            items = [] if self.at("}") else self.separated(self.pair)
            self.expect("}")
            return ("object", items)
        for word, value in (
            ("TRUE", True),
            ("FALSE", False),
            ("NULL", None),
            ("UNDEFINED", UNDEFINED),
        ):
            if self.take(word):
                return ("constant", value)
        if kind == "name" and self.tokens[self.index + 1][1] == "(":
            return self.call()
        return ("name", self.name())

    def pair(self) -> tuple[str, Node]:
        kind, text, _, _ = self.next()
        if kind not in ("string", "name"):
            self.index -= 1
            self.fail()
        self.expect(":")
        return (unescape(text[1:-1]) if kind == "string" else text, self.expression())

    def call(self) -> Node:
        name = self.next()[1].upper()
        self.expect("(")
        if self.at("SELECT"):
            raise QueryError("Subqueries are not implemented by this peer.")
        arguments = [] if self.at(")") else self.separated(self.expression)
        self.expect(")")
        if name in AGGREGATES:
            if len(arguments) != 1:
                raise QueryError(f"{name} takes one argument.")
            return ("aggregate", name, arguments[0])
        if name not in FUNCTIONS:
            raise QueryError(f"Function {name} is not implemented by this peer.")
        return ("call", name, arguments)


def unescape(text: str) -> str:
    plain = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}

    def replace(found: re.Match[str]) -> str:
        code = found.group(1)
        return chr(int(code[1:], 16)) if len(code) == 5 else plain.get(code, code)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", replace, text)
