"""Articles go into an index: what is gone goes first, and who is interrupted goes on."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from shared.ai.offline import OfflineModel
from shared.errors import ConfigurationError, OverBudget, Unavailable
from shared.indexes.embedded.index import EmbeddedIndex
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.chunks import PARTS, chunks_in, parts_of
from shared.knowledge.embedding import ModelEmbedder
from shared.knowledge.indexed import Indexed, IndexedBase
from shared.knowledge.indexing import AT_ONCE, Brought, bring, plan_index
from shared.knowledge.vectors import nearness, pack
from shared.person import Person
from shared.ports.index import Stamp
from tests.contract.indexes import INDEXES
from tests.unit.knowledge.test_knowledge import article, bot

IT = frozenset({"it"})


class Words(ModelEmbedder):
    """Vectors of words; counts the texts, and fails when it is told to."""

    def __init__(self, model: str = "words") -> None:
        super().__init__(model, OfflineModel())
        self.texts: list[str] = []
        self.failure: Exception | None = None
        self.left = 10**9

    async def passages(self, texts: Sequence[str]) -> Any:
        self.left -= len(texts)
        if self.failure or self.left < 0:
            raise self.failure or Unavailable("embeddings: 429", after=5)
        self.texts += [text for text in texts if text != "probe"]
        return await super().passages(texts)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    article(folder, "it/vpn", "---\ntitle: VPN\n---\nInstall the client and press the switch.")
    article(folder, "it/wifi", "---\ntitle: Wifi\n---\nGuests get a code at the desk downstairs.")
    article(folder, "it/bands", "---\ntitle: Bands\naccess: hr\n---\nBand seven is the secret one.")
    return folder


@pytest.fixture
async def index(tmp_path: Path) -> Any:
    index = EmbeddedIndex(tmp_path / "index.db")
    yield index
    await index.close()


async def sync(index: Any, root: Path, embedder: Words | None) -> Brought:
    chunks = {chunk.id: chunk for chunk in chunks_in(root)}
    return [done async for done in bring(index, chunks, embedder)][-1]


def based(index: Any, root: Path, embedder: Words | None) -> IndexedBase:
    return IndexedBase(Indexed(index, KnowledgeBase(root)), embedder)


async def found(base: IndexedBase, text: str, *groups: str) -> list[str]:
    person = Person("ann", "t", groups=frozenset(groups)) if groups else None
    return [passage.article for passage in await base.search(text, IT, 5, person)]


async def test_a_second_sync_has_nothing_to_do(index: Any, root: Path) -> None:
    embedder = Words()
    first = await sync(index, root, embedder)
    asked = len(embedder.texts)

    again = await sync(index, root, embedder)

    assert (first.written, again.written, again.same) == (3, 0, 3)
    assert len(embedder.texts) == asked


async def test_what_is_restricted_is_shut_without_a_call_of_the_model(
    index: Any, root: Path
) -> None:
    embedder = Words()
    await sync(index, root, embedder)
    asked = len(embedder.texts)
    article(
        root, "it/vpn", "---\ntitle: VPN\naccess: hr\n---\nInstall the client and press the switch."
    )

    done = await sync(index, root, embedder)

    assert (done.access, done.written, len(embedder.texts)) == (1, 0, asked)
    base = based(index, root, embedder)
    assert "it/vpn" not in await found(base, "install the client")
    assert "it/vpn" in await found(base, "install the client", "hr")


async def test_what_is_gone_goes_and_what_is_shut_shuts_though_no_vector_is_to_be_had(
    index: Any, root: Path
) -> None:
    embedder = Words()
    await sync(index, root, embedder)
    embedder.failure = Unavailable("embeddings: 503")
    (root / "it/wifi.md").unlink()
    article(root, "it/vpn", "---\ntitle: VPN\naccess: hr\n---\nAnother text about the client.")

    done = await sync(index, root, embedder)

    assert (done.gone, done.without_vector, done.reason) == (1, 1, "embeddings: 503")
    base = based(index, root, None)
    assert await found(base, "client switch desk code") == []
    assert await found(base, "another client", "hr") == ["it/vpn"]


async def test_without_vectors_words_find_it_and_the_next_sync_tries_again(
    index: Any, root: Path
) -> None:
    embedder = Words()
    embedder.failure = OverBudget("the bot's month")
    first = await sync(index, root, embedder)
    assert first.without_vector == 3
    assert await found(based(index, root, embedder), "guests at the desk") == ["it/wifi"]

    embedder.failure = None
    again = await sync(index, root, embedder)

    assert (again.written, again.without_vector) == (3, 0)


@pytest.mark.parametrize("kind", INDEXES)
@pytest.mark.parametrize("stop", range(1, 7))
async def test_a_sync_that_ends_anywhere_goes_on_where_it_was(
    tmp_path: Path, root: Path, kind: str, stop: int
) -> None:
    async with INDEXES[kind](tmp_path) as open, AsyncExitStack() as stack:
        index, fresh = open(), EmbeddedIndex(tmp_path / "fresh.db")
        for each in (index, fresh):
            stack.push_async_callback(each.close)
        await _ends_and_goes_on(index, fresh, root, stop)


async def _ends_and_goes_on(index: Any, fresh: Any, root: Path, stop: int) -> None:
    for number in range(3 * AT_ONCE):
        article(root, f"it/a{number}", f"---\ntitle: Article {number}\n---\nAbout item {number}.")
    await sync(index, root, Words())
    (root / "it/a0.md").unlink()
    for number in range(1, 2 * AT_ONCE):
        article(root, f"it/a{number}", f"---\ntitle: Article {number}\n---\nAnew {number}.")
    article(root, "it/a90", "---\ntitle: Article 90\naccess: hr\n---\nAbout item 90.")
    broken = Stopping(index, stop)
    with pytest.raises(Stopped):
        await sync(broken, root, Words())
    assert (await index.state()).content == ""

    await sync(index, root, Words())

    await sync(fresh, root, Words())
    assert await index.kept() == await fresh.kept()
    assert await index.state() == await fresh.state()


class Stopped(Exception):
    """The process was killed here."""


class Stopping:
    """An index that ends at its n-th step."""

    def __init__(self, index: Any, steps: int) -> None:
        self._index, self._left = index, steps

    def __getattr__(self, name: str) -> Any:
        self._left -= 1
        if self._left < 0:
            raise Stopped
        return getattr(self._index, name)


async def test_vectors_that_end_in_the_middle_leave_the_rest_to_words(
    index: Any, root: Path
) -> None:
    for number in range(3 * AT_ONCE):
        article(root, f"it/a{number}", f"---\ntitle: Article {number}\n---\nAbout item {number}.")
    embedder = Words()
    embedder.left = 2 * AT_ONCE + 10

    done = await sync(index, root, embedder)

    assert (done.written, done.without_vector) == (3 * AT_ONCE + 3, 2 * AT_ONCE + 3)
    assert done.reason == "embeddings: 429"
    embedder.left = 10**9
    assert (await sync(index, root, embedder)).written == 2 * AT_ONCE + 3


async def test_another_model_is_refused_by_a_sync_and_leaves_questions_to_words(
    index: Any, root: Path
) -> None:
    await sync(index, root, Words("words"))
    other = Words("better words")

    with pytest.raises(ConfigurationError, match=r"words.*better words.*--rebuild"):
        await sync(index, root, other)

    base = based(index, root, other)
    assert await found(base, "guests at the desk") == ["it/wifi"]
    assert other.texts == []
    assert "--rebuild" in await base.indexed.check(other)
    assert await base.indexed.check(Words("words")) == ""


async def test_the_folder_stands_in_for_an_index_that_is_away_only_if_it_has_the_same(
    index: Any, root: Path
) -> None:
    await sync(index, root, Words())
    base = based(index, root, Words())
    assert await found(base, "guests at the desk")
    base.indexed.index = away(index)

    assert await found(base, "guests at the desk") == ["it/wifi"]
    assert "it/bands" not in await found(base, "band seven")
    assert await base.titles(IT, None) == ["VPN", "Wifi"]
    assert [p.id for p in await base.article("it/vpn")] == ["it/vpn#1"]

    (root / "it/wifi.md").unlink()
    await sync(index, root, Words())
    article(root, "it/wifi", "---\ntitle: Wifi\n---\nGuests get a code at the desk downstairs.")
    stale = based(index, root, Words())
    await stale.indexed.state()
    stale.indexed.index = away(index)
    with pytest.raises(Unavailable):
        await stale.search("guests at the desk", IT, 5)


def away(index: Any) -> Any:
    """An index that does not answer."""

    class Away:
        async def _away(self, *_: Any) -> Any:
            raise Unavailable("index: 503")

        search = article = titles = state = _away

    return Away()


async def test_what_was_removed_is_not_in_the_file_either(tmp_path: Path, root: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index.db")
    article(root, "it/plan", "---\ntitle: Plan\n---\nThe codeword is zanzibarissimo. " + "x " * 900)
    await sync(index, root, Words())
    (root / "it/plan.md").unlink()
    article(root, "it/vpn", "---\ntitle: VPN\n---\nInstall something else.")

    await sync(index, root, Words())
    await index.close()

    kept = bytes_of(tmp_path)
    assert b"zanzibarissimo" not in kept
    assert b"switch" not in kept
    assert b"something" in kept


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("index.db*"))


async def test_typing_errors_are_put_right_by_the_words_that_are_open_to_the_reader(
    index: Any, root: Path
) -> None:
    class Strict(Words):
        def is_common(self, word: str) -> bool:
            return False

    await sync(index, root, Words())
    base = based(index, root, Strict())
    [first, *_] = await base.search("where do gests get a code", IT, 5)
    assert first.score > 0.9


async def test_an_article_of_five_megabytes_comes_in(index: Any, root: Path) -> None:
    article(root, "it/lift", "# Lift\n\n" + "The lift stops on every floor. " * 170_000)

    done = await sync(index, root, None)

    assert done.written > 1000
    assert (await found(based(index, root, None), "where does the lift stop"))[0] == "it/lift"


def test_a_plan_leaves_what_is_the_same_and_retries_what_has_no_vector(root: Path) -> None:
    chunks = {chunk.id: chunk for chunk in chunks_in(root)}
    same = {id: Stamp(c.digest, c.passage.access, False) for id, c in chunks.items()}

    words = plan_index(chunks, same, embeds=False)
    vectors = plan_index(chunks, same, embeds=True)

    assert (words.write, words.same, words.wordless) == ([], 3, 3)
    assert len(vectors.write) == 3
    assert plan_index({}, same, embeds=True).gone == list(same)


def test_the_parts_of_a_passage_are_its_questions_headline_and_sentences(root: Path) -> None:
    article(root, "it/x", "<!-- asked: How? | Why? -->\n" + "One two three four. " * 60)
    [chunk] = [chunk for chunk in chunks_in(root) if chunk.id == "it/x#1"]

    texts, whole = parts_of(chunk.passage)

    assert texts[:3] == ["How?", "Why?", "X"]
    assert (whole, len(texts)) == (3, PARTS)


def test_packed_vectors_are_as_near_as_the_vectors_were() -> None:
    import numpy as np

    rows = np.random.default_rng(1).normal(size=(9, 512)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    question = rows[2] * 0.8 + rows[7] * 0.6
    question /= np.linalg.norm(question)

    near = nearness(pack(rows, 3), question)

    assert abs(near - float((rows[:3] @ question).max())) < 0.01
    assert nearness(pack(rows, 3), question[:100]) == -1.0


async def test_a_bot_asks_the_index_for_its_collections_alone(index: Any, root: Path) -> None:
    article(root, "hr/leave", "---\ntitle: Leave\n---\nGuests of the desk have thirty days.")
    await sync(index, root, Words())

    known = Indexed(index, KnowledgeBase(root)).for_bot(bot("hr"), embedder=Words())

    assert {p.collection for p in await known.search("guests at the desk")} == {"hr"}
    assert await known.titles() == ["Leave"]
    with pytest.raises(ConfigurationError):
        Indexed(index, KnowledgeBase(root)).for_bot(bot("none"))
