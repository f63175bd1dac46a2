"""Everything that is kept of one person, over every partition of the store and every blob."""

import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from shared.activity import ConversationReference
from shared.fabric import Fabric
from shared.governance.access import ALL, Departments
from shared.governance.audit.entry import PARTITION_PREFIX
from shared.governance.batch import ROLLUP
from shared.governance.hold import held
from shared.governance.pseudonym import PERSONS
from shared.ports.store import Item, every
from shared.records import daily, signed_in
from shared.records.conversation import DOCUMENT
from shared.records.file import PREFIX, StoredFile
from shared.records.person import Marks
from shared.records.seen import is_transcript
from shared.records.ticket import TICKETS_PREFIX

NOT_OF_ONE = (PARTITION_PREFIX, daily.PARTITION_PREFIX)
"""Partitions of many people: the audit, and the figures of a bot, from which a mark is erased."""

README = (
    "This is everything that the organisation's chatbots keep of you: what you wrote and what "
    "they answered (records whose kind is 'said'), how your conversations stand ('conversation'), "
    "your tickets ('ticket'), files that you sent or were sent ('file', the bytes as base64), "
    "what you asked a person for ('waiting'), and technical notes that "
    "keep messages from getting lost or being answered twice (all others). "
    "Times are in Unix seconds unless they say otherwise. You may ask the organisation to correct "
    "or erase it."
)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many records of a kind a store has of the person, and the digest over all of them."""

    store: str
    kind: str
    count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is of a person; `held` is why it may not be erased, "" when it may."""

    person: str
    kept: list[Kept]
    held: str


async def marks_of(fabric: Fabric, id: str) -> Marks:
    """Find out by what a person's items are known, as long as their conversations are."""
    return Marks.of(id, await _references(fabric, id), await _linked(fabric, id))


async def records(
    fabric: Fabric, id: str, departments: Departments = ALL, *, marks: Marks | None = None
) -> list[Item]:
    """Find every item of a person that belongs to bots of these departments."""
    marks = marks or await marks_of(fabric, id)
    found = []
    async for item in every(fabric.store, ""):
        if item.partition in (PERSONS, ROLLUP) or item.partition.startswith(NOT_OF_ONE):
            continue
        if _within(fabric, item, departments) and marks.own(item.partition, item.id, item.body):
            found.append(item)
    return found


async def show(fabric: Fabric, id: str, departments: Departments = ALL) -> Shown:
    found = await records(fabric, id, departments)
    return Shown(id, summed(found), await held(fabric.store, id))


async def export(fabric: Fabric, id: str, departments: Departments = ALL) -> dict[str, Any]:
    """Everything there is of a person, in one object that explains itself."""
    found = await records(fabric, id, departments)
    return {
        "README": README,
        "person": id,
        "summary": [asdict(kept) for kept in summed(found)],
        "records": [
            {
                "kind": _kind(item),
                "where": item.partition,
                "id": item.id,
                "content": item.body,
                **await _bytes(fabric, item),
            }
            for item in found
        ],
    }


async def _bytes(fabric: Fabric, item: Item) -> dict[str, str]:
    """What is in a file, as base64; nothing for any other item."""
    if not item.id.startswith(PREFIX):
        return {}
    content = await fabric.blobs.get(StoredFile.of(item).blob)
    return {"base64": b64encode(content or b"").decode()}


def summed(items: Iterable[Item]) -> list[Kept]:
    """Count items by kind, with a digest over their places and bodies."""
    kinds: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        kinds[_kind(item)].append(item)
    return [
        Kept("store", kind, len(found), _digest(found)) for kind, found in sorted(kinds.items())
    ]


async def _references(fabric: Fabric, id: str) -> list[ConversationReference]:
    found = []
    async for item in every(fabric.store, DOCUMENT):
        if item.id == DOCUMENT:
            reference = ConversationReference.from_dict(item.body["reference"])
            if id in (reference.user, reference.alone, reference.conversation):
                found.append(reference)
    return found


async def _linked(fabric: Fabric, id: str) -> list[ConversationReference]:
    """Find where a person of the directory has signed in, by their object id."""
    return [
        ConversationReference.from_dict(item.body["reference"])
        async for item in every(fabric.store, signed_in.DOCUMENT)
        if item.id == signed_in.DOCUMENT and item.body["person"]["id"] == id
    ]


def _within(fabric: Fabric, item: Item, departments: Departments) -> bool:
    """Whether an item is a bot's of these departments; what is no bot's takes all of them."""
    if departments.everywhere:
        return True
    bot = fabric.bots.get(_bot_of(item))
    return bot is not None and bot.department in departments


def _bot_of(item: Item) -> str:
    """The bot in the name of the partition; a ticket is kept with its person, and names its own."""
    if item.partition.startswith(TICKETS_PREFIX):
        return str(item.body.get("bot"))
    return item.partition.removeprefix("quota:").partition(".")[0]


def _kind(item: Item) -> str:
    """Return what an item is; the marker of a turn is of more interest for the words in it."""
    return "said" if is_transcript(item) else item.id.partition(":")[0]


def _digest(items: Iterable[Item]) -> str:
    lines = [json.dumps([i.partition, i.id, i.body], sort_keys=True) for i in items]
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()
