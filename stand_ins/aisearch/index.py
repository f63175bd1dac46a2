"""One index: its definition, its documents, and what is found in them.

BM25 with the weights of the scoring profile, exact nearest neighbours, and reciprocal rank fusion
where both are asked for. Filters come first, as `vectorFilterMode: preFilter` says.
"""

import re
from collections import Counter, defaultdict
from math import log, sqrt
from typing import Any

from stand_ins.aisearch.filters import BadFilter, Document, parse

Json = dict[str, Any]

KEY = re.compile(r"[A-Za-z0-9_\-=]{1,1024}")
K1, B, RRF = 1.2, 0.75, 60
MOST_TOP = 1000


class Refused(ValueError):
    """The request is none (400)."""


class SearchIndex:
    def __init__(self, definition: Json) -> None:
        self.documents: dict[str, Document] = {}
        self.define(definition)

    def define(self, definition: Json) -> None:
        """Take a new definition: fields are added, and none of those there are is changed."""
        fields = {field["name"]: field for field in definition["fields"]}
        for name, field in getattr(self, "fields", {}).items():
            if fields.get(name) != field:
                raise Refused(f"Existing field '{name}' cannot be changed.")
        if [field["name"] for field in fields.values() if field.get("key")] != ["id"]:
            raise Refused("An index has one key; this stand-in wants it to be 'id'.")
        self.definition, self.fields = definition, fields
        profiles = definition.get("scoringProfiles") or []
        self._weights = profiles[0]["text"]["weights"] if profiles else {}

    def apply(self, action: Json) -> int:
        """One action of a write. Return its status code."""
        kind, fields = action.get("@search.action", "upload"), dict(action)
        fields.pop("@search.action", None)
        key = fields.get("id")
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise Refused(f"Invalid document key: '{key}'.")
        if kind == "delete":
            self.documents.pop(key, None)
            return 200
        if unknown := set(fields) - set(self.fields):
            raise Refused(f"The property '{sorted(unknown)[0]}' does not exist on the index.")
        vector = fields.get("vector")
        if vector is not None and len(vector) != self.fields["vector"]["dimensions"]:
            raise Refused("The vector has other dimensions than the field 'vector'.")
        known = self.documents.get(key)
        if kind == "merge" and known is None:
            return 404
        if kind not in ("upload", "merge", "mergeOrUpload"):
            raise Refused(f"'{kind}' is no action.")
        self.documents[key] = fields if kind == "upload" else {**(known or {}), **fields}
        return 200 if known else 201

    def search(self, body: Json) -> list[Json]:
        admitted = self._admitted(body.get("filter") or "")
        top = min(int(body.get("top", 50)), MOST_TOP)
        rankings = []
        if (text := body.get("search")) not in (None, "", "*"):
            rankings.append(self._by_words(text, body, admitted))
        for query in body.get("vectorQueries") or ():
            rankings.append(self._nearest(query, admitted))
        if not rankings:
            found = {key: 1.0 for key in sorted(admitted)}
            order = sorted(found, key=lambda key: self.documents[key]["id"])
        elif len(rankings) == 1:
            found = dict(rankings[0])
            order = [key for key, _ in rankings[0]]
        else:
            found = _fused(rankings)
            order = sorted(found, key=lambda key: -found[key])
        select = str(body.get("select") or "*").split(",")
        skip = int(body.get("skip", 0))
        return [
            {"@search.score": found[key], **self.shown(self.documents[key], select)}
            for key in order[skip : skip + top]
        ]

    def shown(self, document: Document, select: list[str]) -> Json:
        names = [n for n, field in self.fields.items() if field.get("retrievable", True)]
        if unknown := set(select) - {*names, "*"}:
            raise Refused(f"'{sorted(unknown)[0]}' is no retrievable field.")
        return {name: document.get(name) for name in names if select == ["*"] or name in select}

    def _admitted(self, text: str) -> dict[str, Document]:
        if not text:
            return self.documents
        filterable = frozenset(n for n, field in self.fields.items() if field.get("filterable"))
        try:
            test = parse(text, filterable)
        except BadFilter as error:
            raise Refused(f"Invalid expression: {error}.") from None
        return {key: document for key, document in self.documents.items() if test(document)}

    def _by_words(
        self, text: str, body: Json, admitted: dict[str, Document]
    ) -> list[tuple[str, float]]:
        """Terms are split at blanks, as the analyzer `whitespace` does; none is an operator."""
        if re.search(r'["+|*()~]|(?:^|\s)-', text):
            raise Refused("This stand-in reads no query operators.")
        names = str(body.get("searchFields") or "").split(",")
        if unknown := [n for n in names if not self.fields.get(n, {}).get("searchable")]:
            raise Refused(f"'{unknown[0]}' is no searchable field.")
        scores: defaultdict[str, float] = defaultdict(float)
        for name in names:
            counts = {
                key: Counter((document.get(name) or "").split())
                for key, document in self.documents.items()
            }
            mean = sum(map(Counter.total, counts.values())) / (len(counts) or 1) or 1.0
            for term in set(text.split()):
                found = sum(term in count for count in counts.values())
                rarity = log(1 + (len(counts) - found + 0.5) / (found + 0.5))
                for key in admitted:
                    if times := counts[key][term]:
                        norm = K1 * (1 - B + B * counts[key].total() / mean)
                        weight = self._weights.get(name, 1)
                        scores[key] += weight * rarity * times * (K1 + 1) / (times + norm)
        return sorted(scores.items(), key=lambda pair: -pair[1])

    def _nearest(self, query: Json, admitted: dict[str, Document]) -> list[tuple[str, float]]:
        if "vector" not in self.fields or query.get("fields") != "vector":
            raise Refused("The field 'vector' is not in the index.")
        asked = query["vector"]
        if len(asked) != self.fields["vector"]["dimensions"]:
            raise Refused("The vector query has other dimensions than its field.")
        length = sqrt(sum(x * x for x in asked)) or 1.0
        near = []
        for key, document in admitted.items():
            if (vector := document.get("vector")) is None:
                continue
            own = sqrt(sum(x * x for x in vector)) or 1.0
            cosine = sum(x * y for x, y in zip(asked, vector, strict=True)) / length / own
            near.append((key, 1 / (2 - cosine)))
        return sorted(near, key=lambda pair: -pair[1])[: int(query.get("k", 50))]


def _fused(rankings: list[list[tuple[str, float]]]) -> dict[str, float]:
    scores: defaultdict[str, float] = defaultdict(float)
    for ranking in rankings:
        for place, (key, _) in enumerate(ranking, start=1):
            scores[key] += 1 / (RRF + place)
    return dict(scores)
