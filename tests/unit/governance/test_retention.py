"""What is stored of people ends when their bot's manifest says, and every kind is in the table."""

import ast
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import time

import pytest

from shared.activity import ConversationReference
from shared.bot import Bot, Retention
from shared.errors import PermanentError
from shared.event import Event, event_id
from shared.governance.retention import RetainedStore
from shared.pipeline.door import facts
from shared.pipeline.door.calls import call
from shared.ports.store import FOR_EVER, Create, Etags, Item, Op, Put
from shared.records.seen import has_words, transcripts
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.unit.records.test_stored_items import STORIES, clerk, front

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "docs/what-is-kept.md"
DAY = 86_400
RETENTION = "[retention]\ntranscript_days = 1\nconversation_days = 7"

PARTITIONS = {"quota", "subject", "tickets", "token", "web"}
"""Beginnings of partitions, which look like kinds."""

careless = Skill("careless", "Says, fails and forgets")


@careless.on_message
async def hear(turn: Turn) -> None:
    turn.state["note"] = turn.text
    if turn.text == "die":
        raise PermanentError("no_such_file", "it was never there")
    turn.reply(f"heard {turn.text}")


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    lab = Lab(tmp_path, careless, manifest=RETENTION)
    yield lab
    await lab.close()


class Written:
    """A store that remembers what was written, and holds nothing."""

    def __init__(self) -> None:
        self.ops: list[Op] = []

    async def get(self, partition: str, id: str) -> Item | None:
        return None

    async def find(self, partition: str | None, prefix: str, **how: object) -> list[Item]:
        return []

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        self.ops += ops
        return {}

    async def check(self) -> str:
        return ""

    async def close(self) -> None:
        """Nothing is held open."""


async def life(op: Create | Put, partition: str, retention: Retention) -> int | None:
    bot = Bot("lab", "Lab", "lab@contoso.example", "IT", ["echo"], "echo", retention=retention)
    written = Written()
    await RetainedStore(written, {"lab": bot}).write(partition, op)
    [ended] = written.ops
    assert isinstance(ended, Create | Put)
    return ended.ttl


def key(channel: str) -> str:
    return ConversationReference("lab", channel, "one", user="ann").key


def kept(lab: Lab) -> dict[str, list[float | None]]:
    """The days that items still live, by kind; None is for ever."""
    path = lab.settings.data_dir / "store.db"
    with sqlite3.connect(path) as file:
        rows = file.execute("SELECT id, expires FROM item").fetchall()
    file.close()
    found: dict[str, list[float | None]] = {}
    for id, expires in rows:
        days = None if expires is None else round((expires - time()) / DAY, 2)
        found.setdefault(id.partition(":")[0], []).append(days)
    return found


@pytest.mark.parametrize(
    ("channel", "days", "expected"),
    [("teams", 400, 400), ("whatsapp", 7, 7), ("web", 400, 30), ("web", 7, 7), ("api", 400, 400)],
)
async def test_a_conversation_ends_as_the_manifest_says_and_a_visitors_after_30_days(
    channel: str, days: int, expected: int
) -> None:
    op = Put("conversation", {"state": {}}, etag="e")
    assert await life(op, key(channel), Retention(conversation_days=days)) == expected * DAY


async def test_a_dead_letter_keeps_words_no_longer_than_the_transcript() -> None:
    letter = Put("dead:e1", {"event": {}}, ttl=90 * DAY)
    assert await life(letter, key("teams"), Retention(transcript_days=2)) == 2 * DAY
    assert await life(letter, key("teams"), Retention(transcript_days=365)) == 90 * DAY
    assert await life(letter, "unreadable", Retention(transcript_days=2)) == 2 * DAY


async def test_what_waits_to_be_sent_has_no_end_of_its_own() -> None:
    effect = Create("outbox:000000000001", {"kind": "send"}, due=1.0)
    assert await life(effect, key("teams"), Retention()) is None


async def test_a_new_kind_that_says_nothing_has_its_conversations_life() -> None:
    assert await life(Put("diary", {}), key("teams"), Retention()) == 400 * DAY
    assert await life(Put("diary", {}, ttl=60), key("teams"), Retention()) == 60


async def test_what_is_held_by_law_stays() -> None:
    held = Put("conversation", {}, ttl=FOR_EVER)
    assert await life(held, key("teams"), Retention(conversation_days=1)) == FOR_EVER


async def test_a_transcript_and_the_answer_of_a_call_end_with_transcript_days(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = await lab.say("my password is hunter2")
    await lab.drain()
    asked = b'{"bot":"lab","conversation":"c","user":"u","text":"hello","id":"1"}'
    await call(lab, careless, asked)
    api = ConversationReference("lab", "api", "c", user="u").key

    monkeypatch.setattr("shared.storage.sqlite.time", lambda: time() + 25 * 3600)

    assert [item async for item in transcripts(lab.store)] == []
    [marker] = await lab.store.find(spoken, "seen:")
    assert not has_words(marker.body)
    assert await lab.store.find(api, "seen:") == []
    assert await lab.store.get(spoken, "conversation")


async def test_everything_of_a_conversation_is_gone_when_the_longest_life_is_over(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = await lab.say("hello")
    await lab.say("die")
    await lab.drain()
    assert await lab.store.find(spoken, "dead:")

    monkeypatch.setattr("shared.storage.sqlite.time", lambda: time() + 401 * DAY)

    assert await lab.store.find(spoken, "", limit=1000) == []


async def test_news_for_a_conversation_that_has_ended_is_nobodys_dead_letter(
    lab: Lab,
) -> None:
    over = key("web")
    subject = f"subject:{event_id('ticket/1')}"
    await lab.store.write(subject, Put(f"follower:{over}", {"bot": "lab"}))
    fact = Event(
        id="f1", type="ticket.resolved", source="/desk", subject="ticket/1", bot="", conversation=""
    )

    await facts.fan_out(lab, fact.to_json())
    await lab.drain()

    assert await lab.store.find(None, "dead:") == []
    assert await lab.store.find(subject, "follower:") == []


# --- the table ---


def rows() -> dict[str, str]:
    """The life of each kind, as the table has it."""
    found = re.findall(r"^\| `([a-z]+)` \|.*\| ([^|]+) \|$", TABLE.read_text(), re.MULTILINE)
    assert len(found) == len(dict(found))
    return dict(found)


def named(tree: ast.Module) -> dict[str, str]:
    """The texts that a module has names for, its own and imported ones."""
    names: dict[str, str] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                names[name] = text
            case ast.Assign(targets=[ast.Tuple(elts=left)], value=ast.Tuple(elts=right)):
                pairs = zip(left, right, strict=False)
                names |= {
                    one.id: str(value.value)
                    for one, value in pairs
                    if isinstance(one, ast.Name) and isinstance(value, ast.Constant)
                }
            case ast.ImportFrom(module=str(module)) if module.startswith("shared.records."):
                source = ROOT / f"{module.replace('.', '/')}.py"
                names = named(ast.parse(source.read_text())) | names
    return names


def kinds_in(path: Path) -> Iterator[str]:
    """Every kind that a module may write: `kind:` before a value, or a name given to a write."""
    tree = ast.parse(path.read_text())
    names = named(tree)
    for node in ast.walk(tree):
        match node:
            case (
                ast.JoinedStr(values=[ast.Constant(value=str(text)), *_])
                | ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Add())
            ):
                yield from re.findall(r"^([a-z]+):$", text)
            case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id=name)), *_]):
                yield from re.findall(r"^([a-z]+):$", names.get(name, ""))
            case ast.Call(func=ast.Name(id="Create" | "Put"), args=[ast.Constant(value=id), *_]):
                yield str(id).partition(":")[0]
            case ast.Call(func=ast.Name(id="Create" | "Put"), args=[ast.Name(id=name), *_]):
                yield from filter(None, [names.get(name, "").partition(":")[0]])


def writers() -> Iterator[Path]:
    for folder in ("shared", "functions"):
        for path in (ROOT / folder).rglob("*.py"):
            if re.search(r"\b(Create|Put|def \w+_id)\(", path.read_text()):
                yield path


def test_every_kind_that_is_written_has_its_row_and_every_row_its_kind() -> None:
    written = {kind for path in writers() for kind in kinds_in(path)}
    assert written - PARTITIONS - set(rows()) == set()
    assert set(rows()) - written == set()


DAYS = {"transcript_days": 1, "conversation_days": 7}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_items_live_as_the_table_says(tmp_path: Path, story: object) -> None:
    lab = Lab(tmp_path, front, clerk, manifest=RETENTION)
    assert callable(story)
    await story(lab)
    await lab.close()

    for kind, lives in kept(lab).items():
        said = rows()[kind]
        if kind == "outbox":
            assert lives == [None] * len(lives)
            continue
        for name, days in DAYS.items():
            said = said.replace(f"`{name}`", f"{days} days")
        longest = max(int(days) for days in re.findall(r"(\d+) days", said))
        assert all(days is not None and days <= longest for days in lives), kind


async def test_a_letter_of_a_bot_without_a_manifest_has_the_default_life() -> None:
    written = Written()
    op = Put("dead:e1", {}, ttl=400 * DAY)
    await RetainedStore(written, {}).write(key("teams"), op)
    assert written.ops == [Put("dead:e1", {}, ttl=90 * DAY)]
