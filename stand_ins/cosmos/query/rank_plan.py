"""How a client ranks by words: it counts over all partitions, then asks each for its best.

As in the published tests of the .NET SDK; what a client has counted takes the place of markers.
"""

import json
from typing import Any

from stand_ins.cosmos.query.plan import ORDER_FILTER, payload
from stand_ins.cosmos.query.scope import number_of
from stand_ins.cosmos.query.syntax import Node, Parameters, Query, as_path
from stand_ins.cosmos.query.values import QueryError

_MARKER = "{documentdb-formattablehybridsearchquery-"
DOCUMENTS = f"{_MARKER}totaldocumentcount}}"
WORDS = f"{_MARKER}totalwordcount-0}}"
HITS = f"{_MARKER}hitcountsarray-0}}"


def rank_plan(query: Query, parameters: Parameters) -> dict[str, Any]:
    """The `hybridSearchQueryInfo` of a query with one score by words."""
    [item] = query.order_by
    text, *terms = [written(node) for node in item.node[2]]
    if not terms:
        raise QueryError("FullTextScore takes a path and at least one word.")
    if query.offset or query.limit:
        raise QueryError("OFFSET with ORDER BY RANK is not implemented by this peer.")
    take = number_of(query.top, parameters, "TOP") if query.top else None
    score = f"_FullTextScore({text}, [{', '.join(terms)}], {DOCUMENTS}, {WORDS}, {HITS})"
    hits = ", ".join(f"COUNTIF(FullTextContains({text}, {term}))" for term in terms)
    counted = f'[{{"totalWordCount": SUM(_FullTextWordCount({text})), "hitCounts": [{hits}]}}]'
    where = f"({query.where.text}) AND " if query.where else ""
    component: dict[str, Any] = {
        "distinctType": "None",
        "top": take,
        "offset": None,
        "limit": None,
        "orderBy": ["Descending"],
        "orderByExpressions": [score],
        "groupByExpressions": [],
        "groupByAliases": [],
        "aggregates": [],
        "groupByAliasToAggregateType": {},
        "rewrittenQuery": f"SELECT {f'TOP {take} ' if take else ''}{query.root}._rid, "
        f'[{{"item": {score}}}] AS orderByItems, {{"payload": {payload(query)}, '
        f'"componentScores": [{score}]}} AS payload {query.source} '
        f"WHERE {where}({ORDER_FILTER}) ORDER BY {score} DESC",
        "hasSelectValue": False,
        "dCountInfo": None,
        "hasNonStreamingOrderBy": True,
    }
    return {
        "globalStatisticsQuery": f"SELECT COUNT(1) AS documentCount, {counted} "
        f"AS fullTextStatistics {query.source}",
        "componentQueryInfos": [component],
        "componentWithoutPayloadQueryInfos": [],
        "projectionQueryInfo": None,
        "skip": None,
        "take": take,
        "requiresGlobalStatistics": True,
    }


def written(node: Node) -> str:
    """The text of a path, a parameter or a word."""
    if node[0] == "parameter":
        return str(node[1])
    if node[0] == "constant" and isinstance(node[1], str):
        return json.dumps(node[1])
    if (path := as_path(node)) is None or not path[1]:
        raise QueryError("FullTextScore takes a path, and words that are literals or parameters.")
    return path[0] + "".join(f"[{json.dumps(key)}]" for key in path[1])
