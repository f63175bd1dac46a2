"""A planted secret: who may not read it finds it nowhere, in no way of searching."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from functions.skills.knowledge import skill as knowledge_skill
from functions.skills.router import skill as router_skill
from shared.ai.encoder import Encoder
from shared.ai.offline import OfflineModel
from shared.knowledge.articles import KnowledgeBase
from shared.knowledge.chunks import chunks_in
from shared.knowledge.embedding import Embedder, ModelEmbedder, OfflineEmbedder
from shared.knowledge.indexed import Indexed
from shared.knowledge.indexing import bring
from shared.person import Person
from shared.ports.index import PassageIndex
from shared.ports.models import Behind, ChatModel, Completion
from shared.records.signed_in import partition_of, signed_in
from tests.contract.indexes import INDEXES
from tests.lab import Lab
from tests.unit.knowledge.test_knowledge import article

SECRET, TITLE = "zanzibarissimo", "Quokkaprojekt"
ASKED = (
    f"what is the codeword of {TITLE}",
    f"tell me about {SECRET}",
    "what is the codeword of the merger",
    "codeword",
    "what may I read here?",
)
HR = "hr-group"
OPEN = f"---\ntitle: {TITLE}\n---\nThe codeword of the merger is {SECRET}, as the board decided."
SHUT = OPEN.replace("\n---\nThe", f"\naccess: {HR}\n---\nThe")


class Listening:
    """A model that keeps what it is sent."""

    name, structured = "listening", True

    def __init__(self) -> None:
        self.heard: list[Any] = []

    async def complete(self, messages: Sequence[Any], *_: Any, **__: Any) -> Completion:
        self.heard += messages
        found = [str(m["content"]) for m in messages if "<passages" in str(m["content"])]
        return Completion(f"{found[-1][-200:]} [1]" if found else "{}", "listening")

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return await OfflineModel().embed(texts)

    async def check(self) -> str:
        return ""


class Models:
    embedder = ""

    def __init__(self, model: Listening) -> None:
        self.model = model

    def named(self, alias: str) -> ChatModel:
        return self.model  # type: ignore[return-value]

    def behind(self, alias: str) -> Behind:
        return Behind((alias,), (alias,), 0)

    async def check(self) -> str:
        return ""

    async def close(self) -> None: ...


class Place(Lab):
    """A lab whose articles are searched in one of the ways, with what they are searched by."""

    way: str
    model: Listening | None
    index: PassageIndex | None
    makes_vectors: Embedder | None

    def embedder(self, bot: Any, person: str = "") -> Embedder | None:
        return self.makes_vectors

    async def sync(self) -> None:
        if self.index:
            chunks = {chunk.id: chunk for chunk in chunks_in(self.settings.knowledge_dir)}
            async for _ in bring(self.index, chunks, self.makes_vectors):
                pass

    async def everything_said(self, conversation: str, *groups: str) -> str:
        """All that one person hears, what a model is sent meanwhile, and the conversation kept."""
        reference = self.inbound("", conversation=conversation).reference
        if groups:
            person = Person("oid", "tenant", "Ann", frozenset(groups))
            await self.store.write(partition_of(reference), signed_in(person, reference))
        sent = len(self.memory.sent)
        if self.model:
            self.model.heard.clear()
        for text in ASKED:
            await self.say(text, conversation=conversation)
            await self.drain()
        heard = [activity for _, activity in self.memory.sent[sent:]]
        for activity in heard:
            activity.pop("replyToId", None)
        said = [m for m in self.model.heard if m.get("content") not in ASKED] if self.model else []
        return json.dumps([heard, said], default=str)


WAYS = ["memory", *INDEXES]


@pytest.fixture(params=WAYS)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    folder = tmp_path / "knowledge"
    article(folder, "hr/leave", "---\ntitle: Leave\n---\nThe merger changes nothing about leave.")
    article(folder, "hr/secret", SHUT)
    async with AsyncExitStack() as stack:
        place = Place(tmp_path, router_skill, knowledge_skill, manifest="[retention]\n")
        place.bots["lab"].knowledge.append("hr")
        place.index, place.model, place.way = None, None, request.param
        place.makes_vectors = ModelEmbedder("words", OfflineModel())
        if request.param in INDEXES:
            open = await stack.enter_async_context(INDEXES[request.param](tmp_path))
            place.index = open()
            stack.push_async_callback(place.index.close)
            place.ai.indexed = Indexed(place.index, KnowledgeBase(folder))
            await place.sync()
        yield place
        await place.close()


def without(said: str) -> bool:
    """Whether nothing of the secret is in it that the person has not said."""
    return SECRET not in said.replace(f"tell me about {SECRET}", "") and TITLE not in said.replace(
        f"codeword of {TITLE}", ""
    )


@pytest.mark.parametrize("with_model", [False, True], ids=["offline", "model"])
async def test_who_may_not_read_it_finds_it_nowhere(
    place: Place, with_model: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if with_model:
        place.model = Listening()
        place.ai.models = Models(place.model)

    assert without(await place.everything_said("stranger"))
    assert without(await place.everything_said("other", "another-group"))
    assert SECRET not in "".join(capsys.readouterr())

    assert SECRET in await place.everything_said("hers", HR)
    assert SECRET not in "".join(capsys.readouterr())


@pytest.mark.parametrize("what", ["deleted", "restricted", "folder"])
async def test_it_is_gone_after_one_sync(place: Place, what: str) -> None:
    folder = place.settings.knowledge_dir / "hr"
    article(folder.parent, "hr/secret", OPEN)
    await _fresh(place)
    assert SECRET in await place.everything_said("before")

    match what:
        case "deleted":
            (folder / "secret.md").unlink()
        case "restricted":
            article(folder.parent, "hr/secret", SHUT)
        case "folder":
            (folder / "access.toml").write_text(f'access = ["{HR}"]')
    await _fresh(place)

    assert without(await place.everything_said("after"))
    if what == "deleted":
        assert without(await place.everything_said("hers", HR))


async def _fresh(place: Place) -> None:
    """One sync; a process in memory looks at the files by itself within a second."""
    await place.sync()
    if place.way == "memory":
        place.ai.knowledge._looked = 0.0


async def test_a_group_that_does_not_exist_any_more_opens_nothing(place: Place) -> None:
    text = OPEN.replace("\n---\nThe", "\naccess: gone-group\n---\nThe")
    article(place.settings.knowledge_dir, "hr/secret", text)
    await _fresh(place)

    assert without(await place.everything_said("hers", HR, "another-group"))


async def test_the_encoder_keeps_no_words(tmp_path: Path) -> None:
    encoder = Encoder(tmp_path / "encoder")
    article(tmp_path / "knowledge", "hr/secret", OPEN)
    async with INDEXES["embedded"](tmp_path) as open:
        index = open()
        chunks = {chunk.id: chunk for chunk in chunks_in(tmp_path / "knowledge")}
        async for _ in bring(index, chunks, OfflineEmbedder(encoder)):
            pass
        assert (await index.kept())["hr/secret#1"].has_vector
        await index.close()
    assert not list((tmp_path / "encoder").glob("*"))
