"""How well messages are routed and questions answered without a key, on public data sets.

    python -m bench.evaluate FOLDER [--words|--ways]

prints a Markdown table; `--words` leaves the sentence encoder out, `--ways`
compares the ways to find. The
folder holds CLINC150 (few-shot over its 10 domains), HINT3, XQuAD
(English) and a labelled set of office messages, in the files named below.
"""

import argparse
import asyncio
import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from bench.evaluate_ways import table as table_of_ways
from shared.ai.assistant import Assistant
from shared.ai.encoder import Encoder
from shared.ai.meaning import MeaningRanker
from shared.ai.offline import OfflineModel
from shared.ai.ranking import Choice, Ranked
from shared.dialogue.routing import NoneFits, Offer, Route, decide
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.knowledge import Knowledge

Row = tuple[str, str, str]
Labelled = Sequence[tuple[str, str]]
NONE = frozenset({"none", "oos", "NO_NODES_DETECTED"})

ENCODER = Encoder(Path(".fabric") / "encoder")
AI = Assistant(OfflineModel(), encoder=ENCODER)


def table(path: Path, label: str) -> Labelled:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["text"], row[label]) for row in rows]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


async def ranked(data: Labelled, choices: Sequence[Choice]) -> list[tuple[str, list[Ranked]]]:
    if AI.encoder is not None:
        await AI.encoder.matrix_ready(MeaningRanker.texts(choices))
    return [(label, await AI.classify(text, choices)) for text, label in data]


def routing(name: str, results: Sequence[tuple[str, list[Ranked]]]) -> Iterable[Row]:
    """Rows: top-1 where one skill is right, and what the thresholds make of all of it."""
    inside = [(label, ranking) for label, ranking in results if label not in NONE]
    outside = [ranking for label, ranking in results if label in NONE]
    yield name, "top-1, in scope", share(ranking[0].name == label for label, ranking in inside)
    yield (
        name,
        "top-2, in scope",
        share(label in [choice.name for choice in ranking[:2]] for label, ranking in inside),
    )
    fates = [(label, decide(ranking)) for label, ranking in inside]
    yield name, "routed right", share(fate == Route(label) for label, fate in fates)
    yield (
        name,
        "offered, right one among two",
        share(isinstance(f, Offer) and label in (f.first, f.second) for label, f in fates),
    )
    yield (
        name,
        "routed wrong",
        share(isinstance(fate, Route) and fate.skill != label for label, fate in fates),
    )
    if outside:
        refused = (isinstance(decide(ranking), NoneFits) for ranking in outside)
        yield name, "out of scope, refused", share(refused)


async def clinc(folder: Path) -> Iterable[Row]:
    config = json.loads((folder / "clinc_domain_fewshot.json").read_text("utf-8"))
    plain = table(folder / "clinc_val.tsv", "domain")
    noisy = table(folder / "clinc_noisy_dev_300.tsv", "domain")
    rows: list[Row] = []
    for title, data, k, with_names in (
        ("CLINC, 10 examples", plain, 10, False),
        ("CLINC, names and 10 examples", plain, 10, True),
        ("CLINC, names and 10 examples, noisy", noisy, 10, True),
    ):
        results = []
        for seed in range(5):
            names = config["capability_names"] if with_names else defaultdict(list)
            choices = [
                Choice(domain, capabilities=tuple(names[domain]), examples=tuple(examples))
                for domain, examples in config["configs"][f"k{k}_seed{seed}"].items()
            ]
            results += await ranked(data, choices)
        rows += routing(title, results)
    return rows


async def enterprise(folder: Path) -> Iterable[Row]:
    config = json.loads((folder / "enterprise_skills.json").read_text("utf-8"))
    choices = [
        Choice(name, text["description"], tuple(text["capabilities"]), tuple(text["examples"]))
        for name, text in config.items()
    ]
    data = table(folder / "enterprise_dev.tsv", "skill")
    results = await ranked(data, choices)
    started = process_time()
    for _ in range(50):
        await ranked(data, choices)
    milliseconds = (process_time() - started) * 1000 / 50 / len(data)
    speed = ("office skills", "classify, CPU ms", f"{milliseconds:.2f}")
    return [*routing("office skills", results), speed]


async def hint3(folder: Path, bot: str) -> Iterable[Row]:
    examples = defaultdict(list)
    for text, label in table(folder / f"hint3_{bot}_train.tsv", "label"):
        examples[label].append(text)
    choices = [Choice(label, examples=tuple(texts)) for label, texts in examples.items()]
    data = table(folder / f"hint3_{bot}_dev.tsv", "label")
    return routing(f"HINT3 {bot}", await ranked(data, choices))


async def xquad(folder: Path, *, ways: bool = False) -> Iterable[Row]:
    with TemporaryDirectory() as name:
        collection = Path(name) / "xquad"
        collection.mkdir()
        for article in lines(folder / "xquad_kb.jsonl"):
            title = article["title"].replace("_", " ")
            text = f"---\ntitle: {title}\n---\n{article['text']}\n"
            (collection / f"{article['id']}.md").write_text(text, "utf-8")
        questions = lines(folder / "xquad_questions.jsonl")
        if ways:
            await table_of_ways(Path(name), questions, AI)
            return ()
        knowledge = Knowledge(KnowledgeBase(Path(name)), frozenset({"xquad"}))
        return await answers(questions, knowledge)


async def answers(questions: Sequence[dict[str, Any]], knowledge: Knowledge) -> Iterable[Row]:
    await knowledge.search("warm")
    started = process_time()
    found = [await knowledge.search(question["q"]) for question in questions]
    milliseconds = (process_time() - started) * 1000 / len(questions)
    replies = [
        await AI.answer(question["q"], passages)
        for question, passages in zip(questions, found, strict=True)
    ]
    triples = list(zip(questions, found, replies, strict=True))
    known = [triple for triple in triples if triple[0]["doc"]]

    def documents(passages: Sequence[Any]) -> list[str]:
        return [passage.id.split("/")[1].split("#")[0] for passage in passages]

    def has_gold(question: dict[str, Any], text: str) -> bool:
        return any(gold.casefold() in text.casefold() for gold in question["answers"])

    abstained = [not question["doc"] for question, _, reply in triples if reply.abstained]
    return [
        ("XQuAD", "recall@1", share(q["doc"] in documents(p[:1]) for q, p, _ in known)),
        ("XQuAD", "recall@3", share(q["doc"] in documents(p[:3]) for q, p, _ in known)),
        ("XQuAD", "answer holds the gold", share(has_gold(q, a.text) for q, _, a in known)),
        (
            "XQuAD",
            "citation is the right article",
            share(q["doc"] in documents(a.citations) for q, _, a in known),
        ),
        ("XQuAD", "abstention, precision", share(abstained)),
        (
            "XQuAD",
            "abstention, recall",
            share(reply.abstained for question, _, reply in triples if not question["doc"]),
        ),
        ("XQuAD", "search, CPU ms", f"{milliseconds:.2f}"),
    ]


def share(outcomes: Iterable[bool]) -> str:
    counted = list(outcomes)
    return f"{100 * sum(counted) / len(counted):.1f} % of {len(counted)}" if counted else "-"


async def main(folder: Path, *, words: bool, ways: bool) -> None:
    if ways:
        await xquad(folder, ways=True)
        return
    if words:
        AI.encoder = None
    print("| data | measure | result |\n|---|---|---|")
    parts = [await clinc(folder), await enterprise(folder)]
    parts += [await hint3(folder, bot) for bot in ("curekart", "powerplay11", "sofmattress")]
    for row in [row for part in [*parts, await xquad(folder)] for row in part]:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--words", action="store_true", help="without the sentence encoder")
    parser.add_argument("--ways", action="store_true", help="retrieval and answers by way alone")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.folder, words=arguments.words, ways=arguments.ways))
