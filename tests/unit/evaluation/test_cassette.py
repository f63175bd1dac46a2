"""What a cassette keeps, what it does not, and what happens without it."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from evaluation.cassette import Cassette, CassetteMiss
from evaluation.models import Watched
from evaluation.redacted import people, secrets_of
from shared.errors import ConfigurationError, Refused
from shared.observability import meter
from shared.observability.meter import ModelCall, metering
from shared.ports.models import Behind, ChatModel, Completion, ToolCall, Usage

SECRETS = secrets_of({"FABRIC_AI_KEY": "sk-very-secret", "FABRIC_BOTS_DIR": "bots", "TOKEN": "x"})


class Clerk:
    """Repeats what was said, calls a tool, and is paid for it."""

    name = "clerk"
    structured = True

    def __init__(self) -> None:
        self.asked = 0
        self.declines = False

    def named(self, alias: str) -> ChatModel:
        return self

    embedder = ""

    def behind(self, alias: str) -> Behind:
        return Behind((alias,), (alias,), 0)

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        self.asked += 1
        meter.record(ModelCall("default", "clerk-1", "chat", Usage(10, 5)))
        if self.declines:
            raise Refused("Not that.")
        text = f"Noted: {messages[-1]['content']}"
        return Completion(text, "clerk-1", tool_calls=[ToolCall("1", "look", '{"a":"ä"}')])

    async def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        yield (await self.complete(messages, tools)).text

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[0.25, 0.75] for _ in texts]

    async def check(self) -> str:
        return ""

    async def close(self) -> None: ...


def said(text: str, fence: str = "0123456789abcdef") -> list[Mapping[str, Any]]:
    rules = {"role": "system", "content": f"The passages stand between {fence}."}
    return [rules, {"role": "user", "content": text}]


@pytest.fixture(autouse=True)
def _metered() -> Iterator[None]:
    with metering():
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.cassette.jsonl"


async def record(path: Path, *texts: str, clerk: Clerk | None = None) -> list[Completion]:
    watched = Watched(clerk or Clerk())
    watched.begin(cassette := Cassette(path, SECRETS))
    heard = [await watched.named("default").complete(said(text)) for text in texts]
    cassette.save()
    return heard


def kept_in(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def replaying(path: Path) -> tuple[Watched, Cassette]:
    watched = Watched(None)
    watched.begin(cassette := Cassette.load(path, SECRETS))
    return watched, cassette


async def test_a_replay_says_what_was_said_and_counts_what_it_cost(path: Path) -> None:
    [first] = await record(path, "hello")
    watched, _ = replaying(path)

    again = await watched.named("default").complete(said("hello", fence="fedcba9876543210"))

    assert (again.text, again.tool_calls) == (first.text, first.tool_calls)
    assert [call.usage for call in watched.calls] == [Usage(10, 5)]
    assert watched.named("default").structured


async def test_vectors_and_refusals_are_kept_too(path: Path) -> None:
    clerk = Clerk()
    watched = Watched(clerk)
    watched.begin(cassette := Cassette(path))
    model = watched.named("default")
    await model.embed(["a", "b"])
    clerk.declines = True
    with pytest.raises(Refused):
        await model.complete(said("odd"))
    cassette.save()

    again, _ = replaying(path)

    assert await again.named("default").embed(["a", "b"]) == [[0.25, 0.75], [0.25, 0.75]]
    with pytest.raises(Refused, match="Not that"):
        await again.named("default").complete(said("odd"))
    assert len(again.calls) == 1


async def test_secrets_identifiers_and_names_are_in_no_cassette(path: Path) -> None:
    text = "My name is Ann Lee, ann@contoso.example, key sk-very-secret, call +49 30 23125110"
    [heard] = await record(path, text)

    kept = kept_in(path)
    watched, _ = replaying(path)
    again = await watched.named("default").complete(said(text))

    assert not [one for one in ("Ann", "Lee", "contoso", "23125110", "very-secret") if one in kept]
    assert again.text == heard.text.replace("sk-very-secret", "<SECRET>")


async def test_what_was_never_recorded_fails_and_is_remembered(path: Path) -> None:
    await record(path, "hello")
    watched, cassette = replaying(path)
    cassette.check()

    with pytest.raises(CassetteMiss, match=r"'default' .* ends in 'bye'; record again"):
        await watched.named("default").complete(said("bye"))
    with pytest.raises(CassetteMiss):
        cassette.check()


async def test_an_alias_that_was_not_recorded_is_named(path: Path) -> None:
    await record(path, "hello")
    watched, _ = replaying(path)
    with pytest.raises(ConfigurationError, match="nothing of model 'big'"):
        watched.named("big")


def test_a_cassette_that_is_not_there_or_broken_says_how_to_get_one(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="make it with --record"):
        Cassette.load(path, SECRETS)
    path.write_text('{"alias":"a","kind":"chat"}\n')
    with pytest.raises(ConfigurationError, match=r":1: not as --record wrote it"):
        Cassette.load(path, SECRETS)


async def test_recording_twice_writes_the_same_bytes(path: Path) -> None:
    await record(path, "b", "a")
    first = kept_in(path)
    await record(path, "a", "b")
    assert kept_in(path) == first


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Ann Lee and I", "Ann Lee"),
        ("ich heiße Jürgen von Berg", "Jürgen von Berg"),
        ("je m'appelle Zoé", "Zoé"),
        ("Guten Tag, Frau Öztürk!", "Öztürk"),
    ],
)
def test_a_name_is_one_where_somebody_says_so(text: str, name: str) -> None:
    assert [text[found.start : found.end] for found in people(text)] == [name]
