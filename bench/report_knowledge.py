"""The part of the page that is about finding articles."""

from dataclasses import dataclass

from bench.connector import percentile
from bench.markdown import ms, table
from bench.retrieval import ARTICLES, CHUNKS, Retrieval, Synced

RETRIEVAL_SECONDS = 0.030
SYNC_SECONDS = 60.0


@dataclass(frozen=True)
class Finding:
    """`retrieval` over `CHUNKS` passages, `sync` of `ARTICLES` articles."""

    retrieval: Retrieval
    sync: Synced


def targets(finding: Finding) -> list[tuple[str, float, str, float]]:
    found = percentile(finding.retrieval.index, 95) * 1000
    return [
        (f"retrieval over {CHUNKS:,} passages, p95, ms", found, "<=", RETRIEVAL_SECONDS * 1000),
        (f"sync of {ARTICLES:,} articles, s", finding.sync.first[0], "<=", SYNC_SECONDS),
    ]


def sections(finding: Finding) -> list[str]:
    found, done = finding.retrieval, finding.sync
    rows = [
        (what, *(ms(percentile(seconds, part)) for part in (50, 95)))
        for what, seconds in (
            ("embedded index, words and vectors", found.index),
            ("the same with the final ranking", found.whole),
            ("twice one dot product in numpy", [2 * seconds for seconds in found.dot]),
        )
    ]
    return [
        "## Articles",
        "",
        f"{CHUNKS:,} passages with vectors of 512 dimensions; the question's own is given.",
        "",
        *table(("question", "p50 ms", "p95 ms"), rows),
        "",
        f"A sync of {ARTICLES:,} Markdown articles ({done.passages:,} passages) with the offline "
        f"encoder takes {done.first[0]:.1f} s ({done.first[1]:.1f} s of CPU), "
        f"one without changes {done.again[0]:.1f} s.",
        "",
    ]
