"""How a client spreads a query over several physical partitions and merges what they give."""

import json
from typing import Any

from stand_ins.cosmos.query.rows import can_resume, column
from stand_ins.cosmos.query.scope import number_of
from stand_ins.cosmos.query.search import is_vector_score
from stand_ins.cosmos.query.syntax import AGGREGATES, Expression, Parameters, Query

ORDER_FILTER = "{documentdb-formattableorderbyquery-filter}"
"""The client replaces this marker."""


def needs_plan(query: Query) -> bool:
    """Whether a gateway cannot answer the query by reading one partition after the other."""
    return bool(query.order_by or not can_resume(query))


def plan(query: Query, parameters: Parameters) -> dict[str, Any]:
    """The query information that a client needs to merge partial results itself."""
    offset = number_of(query.offset, parameters, "OFFSET") if query.offset else None
    limit = number_of(query.limit, parameters, "LIMIT") if query.limit else None
    top = number_of(query.top, parameters, "TOP") if query.top else None
    distinct = "None"
    if query.distinct:
        texts = {item.text for item in query.items}
        distinct = (
            "Ordered"
            if query.order_by and {each.text for each in query.order_by} <= texts
            else "Unordered"
        )
    return {
        "distinctType": distinct,
        "top": top,
        "offset": offset,
        "limit": limit,
        "orderBy": ["Descending" if each.descending else "Ascending" for each in query.order_by],
        "orderByExpressions": [each.text for each in query.order_by],
        "groupByExpressions": [each.text for each in query.group_by],
        "groupByAliases": [],
        "aggregates": [AGGREGATES[each.node[1]] for each in query.aggregates()],
        "groupByAliasToAggregateType": {},
        "rewrittenQuery": rewritten(query, top, offset, limit),
        "hasSelectValue": query.value,
        "hasNonStreamingOrderBy": any(is_vector_score(each.node) for each in query.order_by),
        "dCountInfo": None,
    }


def rewritten(query: Query, top: int | None, offset: int | None, limit: int | None) -> str:
    """The text each partition gets instead of the query itself."""
    select_text = "DISTINCT " if query.distinct and not query.order_by else ""
    if top is not None:
        select_text += f"TOP {top} "
    if query.order_by:
        items = ", ".join(f'{{"item": {each.text}}}' for each in query.order_by)
        select_text += f"{query.root}._rid, [{items}] AS orderByItems, {payload(query)} AS payload"
    elif query.aggregates() and query.value:
        select_text += f'VALUE [{{"item": {aggregate_text(query.items[0])}}}]'
    elif query.star:
        select_text += "*"
    elif query.value:
        select_text += f"VALUE {query.items[0].text}"
    else:
        select_text += ", ".join(
            f"{item.text} AS {item.alias}" if item.alias else item.text for item in query.items
        )
    text = f"SELECT {select_text} {query.source}"
    if query.order_by:
        where = f"({query.where.text}) AND " if query.where else ""
        text += f" WHERE {where}({ORDER_FILTER})"
        text += " ORDER BY " + ", ".join(
            f"{each.text} {'DESC' if each.descending else 'ASC'}" for each in query.order_by
        )
    elif query.where:
        text += f" WHERE {query.where.text}"
    if limit is not None:
        text += f" OFFSET 0 LIMIT {(offset or 0) + limit}"
    return text


def payload(query: Query) -> str:
    if query.star:
        return query.root
    if query.value:
        return query.items[0].text
    pairs = (
        f"{json.dumps(column(item, index))}: {item.text}"
        for index, item in enumerate(query.items, 1)
    )
    return "{" + ", ".join(pairs) + "}"


def aggregate_text(item: Expression) -> str:
    if item.node[1] != "AVG":
        return item.text
    inside = item.text[item.text.index("(") + 1 : item.text.rindex(")")]
    return f'{{"sum": SUM({inside}), "count": COUNT({inside})}}'
