"""From the text of a query to its tree."""

from functools import lru_cache

from stand_ins.cosmos.query.expressions import ExpressionParser
from stand_ins.cosmos.query.search import is_score, is_vector_score
from stand_ins.cosmos.query.syntax import (
    Expression,
    Query,
    as_path,
    base_name,
    has_aggregate,
    is_aggregate,
    is_rewritten,
    names,
)
from stand_ins.cosmos.query.tokens import RESERVED
from stand_ins.cosmos.query.values import QueryError


@lru_cache(maxsize=500)
def parse(text: str) -> Query:
    """Read a statement, to be left as it is. Raise QueryError for what is wrong or not here."""
    return Parser(text).query()


class Parser(ExpressionParser):
    """Clause after clause."""

    def query(self) -> Query:
        query = Query(self.text)
        self.expect("SELECT")
        query.distinct = self.take("DISTINCT")
        if self.take("TOP"):
            query.top = self.primary()
        if self.take("*"):
            query.star = True
        elif self.take("VALUE"):
            query.value = True
            query.items = [self.spanned()]
        else:
            query.items = self.separated(self.select_item)
        if self.at("FROM"):
            start = self.token[2]
            self.next()
            self.from_clause(query)
            query.source = self.text[start : self.tokens[self.index - 1][3]]
        if self.take("WHERE"):
            query.where = self.spanned()
        if self.take("GROUP", "BY"):
            query.group_by = self.separated(self.spanned)
        if self.take("ORDER", "BY"):
            query.rank = self.take("RANK")
            query.order_by = self.separated(self.order_item)
        if self.take("OFFSET"):
            query.offset = self.primary()
            self.expect("LIMIT")
            query.limit = self.primary()
        if self.token[0] != "end":
            self.fail()
        self.check(query)
        return query

    def select_item(self) -> Expression:
        item = self.spanned()
        if self.take("AS") or (self.token[0] == "name" and self.token[1].upper() not in RESERVED):
            item.alias = self.name()
        return item

    def order_item(self) -> Expression:
        item = self.spanned()
        if self.take("DESC"):
            item.descending = True
        else:
            item.descending = not self.take("ASC") and is_vector_score(item.node)
        return item

    def from_clause(self, query: Query) -> None:
        name = self.name()
        if self.take("IN"):
            node = self.postfix()
            query.root = base_name(node)
            query.joins.append((name, node))
        else:
            if self.at("."):
                raise QueryError("FROM over a path is not implemented by this peer.")
            if self.take("AS") or (
                self.token[0] == "name" and self.token[1].upper() not in RESERVED
            ):
                name = self.name()
            query.root = name
        while self.take("JOIN"):
            name = self.name()
            self.expect("IN")
            query.joins.append((name, self.postfix()))

    def check(self, query: Query) -> None:
        known = {query.root, *(name for name, _ in query.joins)}
        expressions = [*query.items, *query.group_by, *query.order_by, *filter(None, [query.where])]
        for node in [each.node for each in expressions] + [node for _, node in query.joins]:
            for name in names(node):
                if name not in known:
                    raise QueryError(f"Identifier '{name}' could not be resolved.")
        if query.star and (query.joins or query.group_by):
            raise QueryError("'SELECT *' is only valid with a single input set.")
        for item in query.items:
            if (
                has_aggregate(item.node)
                and not is_aggregate(item.node)
                and not is_rewritten(item.node)
            ):
                raise QueryError(
                    "Compositions of aggregates and other expressions are not allowed."
                )
        if query.aggregates() and not query.group_by and len(query.aggregates()) < len(query.items):
            raise QueryError("A property next to an aggregate needs a GROUP BY clause.")
        for item in query.order_by:
            if query.rank != is_score(item.node):
                raise QueryError("ORDER BY RANK takes one FullTextScore, and nothing else does.")
            if not query.rank and not is_vector_score(item.node) and as_path(item.node) is None:
                text = "ORDER BY item expression could not be mapped to a document path."
                raise QueryError(f"Unsupported ORDER BY clause. {text}")
        if query.order_by and query.group_by:
            raise QueryError("ORDER BY with GROUP BY is not supported.")
