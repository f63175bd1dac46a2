"""Whether a run kept the promises, by the receiver's account and by the product's own books."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from chaos.receiver import Receiver
from chaos.scenario import Input, expected
from shared.dialogue.phrases import phrase
from shared.operations.reports.books import balanced

APOLOGY = phrase("en", "platform.sorry")
WAITING_TEXT = phrase("en", "platform.waiting")

WORKING_TEXT = phrase("en", "platform.working")

PLATFORM_WORDS = (APOLOGY, WAITING_TEXT, WORKING_TEXT)

LOST = "nothing acknowledged is lost"
ONCE = "each turn and effect happens once, and a repeated send is counted"
ORDER = "turns of a conversation apply in order"
BOOKS = "the books balance, and agree with what was acknowledged"
ENDS = "everything comes to an end"


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was not kept, and what showed it."""

    promise: str
    detail: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.detail}"


def judge(
    said: Mapping[str, Sequence[Input]],
    receiver: Receiver,
    books: Mapping[str, int],
    unordered: Collection[str] = (),
) -> list[Violation]:
    """Every promise that a finished run broke. `said` is what was acknowledged, in order.

    Of the conversations `unordered` the product has said that it could not keep their order.
    """
    found = []
    dead = 0
    for conversation, inputs in said.items():
        wanted, heard = expected(inputs), receiver.heard(conversation)
        dead += wanted.dead
        told = [text for text in heard if text.startswith("told ")]
        spoken = [t for t in heard if not t.startswith("told ") and t not in PLATFORM_WORDS]
        ordered = conversation not in unordered
        found += _compare(conversation, wanted.spoken, spoken, ordered=ordered)
        if (apologies := heard.count(APOLOGY)) != wanted.dead:
            promise = LOST if apologies < wanted.dead else ONCE
            detail = f"{conversation}: {apologies} apologies for {wanted.dead} dead"
            found.append(Violation(promise, detail))
        titles = [text.partition(": ")[2] for text in told]
        found += _compare(conversation, sorted(wanted.titles), sorted(titles), ordered=True)
        numbers = sorted(int(text.split()[1].rstrip(":")) for text in told)
        if len(titles) == len(wanted.titles) and numbers != list(range(1, len(told) + 1)):
            found.append(Violation(ONCE, f"{conversation}: told counts {numbers}"))
    if receiver.repeated > books["repeated"]:
        detail = f"{receiver.repeated} messages repeated, {books['repeated']} in the books"
        found.append(Violation(ONCE, detail))
    return found + _audit(sum(map(len, said.values())), dead, books)


def _audit(accepted: int, dead: int, books: Mapping[str, int]) -> list[Violation]:
    found = []
    if not balanced(dict(books)):
        found.append(Violation(BOOKS, f"they do not balance: {dict(books)}"))
    if books["accepted"] != accepted:
        found.append(Violation(BOOKS, f"{accepted} acknowledged, {books['accepted']} in the books"))
    if books["dead"] != dead:
        found.append(Violation(BOOKS, f"{dead} must be dead, {books['dead']} are in the books"))
    if books["pending"] or books["parked"]:
        open = f"{books['pending']} pending, {books['parked']} parked at the end"
        found.append(Violation(ENDS, open))
    return found


def _compare(
    conversation: str, wanted: Sequence[str], got: Sequence[str], *, ordered: bool
) -> list[Violation]:
    """Name what is wrong: a text missing, one too many, or the right ones out of order."""
    if list(wanted) == list(got):
        return []
    missing, extra = Counter(map(_what, wanted)), Counter(map(_what, got))
    missing, extra = missing - extra, extra - missing
    if missing:
        return [Violation(LOST, f"{conversation}: no answer to {sorted(missing)}")]
    if extra:
        return [Violation(ONCE, f"{conversation}: answered again: {sorted(extra)}")]
    if not ordered:
        return []
    if list(map(_what, wanted)) != list(map(_what, got)):
        return [Violation(ORDER, f"{conversation}: {list(got)} instead of {list(wanted)}")]
    return [Violation(ONCE, f"{conversation}: counted {list(got)} instead of {list(wanted)}")]


def _what(text: str) -> str:
    """A reply without the count of turns in it."""
    return text.partition(": ")[2] or text
