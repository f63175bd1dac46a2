"""A passage of what one may know: what a search finds and an answer cites."""

from dataclasses import dataclass

Groups = frozenset[str]

Access = tuple[Groups, ...]
"""One of the groups of each set is needed: () is for everybody, an empty set for nobody."""


ENOUGH = 0.35
"""Share of a question that a passage has to cover to be worth an answer."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article, in Markdown.

    `id` is `<collection>/<slug>#<number>`. `score` from 0 to 1 is the share of a question's
    words, weighted by their rarity, that the passage has; `meaning` how near it is to what the
    question means, None when there is no encoder. Outside of a search they are 0 and None.
    `asked` are questions that it answers, as its author wrote them down; `access` is what its
    reader has to have; `path` are the headings that it stands under, the outermost first.
    """

    id: str
    collection: str
    title: str
    heading: str
    text: str
    url: str = ""
    score: float = 0.0
    access: Access = ()
    asked: tuple[str, ...] = ()
    meaning: float | None = None
    path: tuple[str, ...] = ()

    @property
    def article(self) -> str:
        """`<collection>/<slug>`."""
        return self.id.partition("#")[0]
