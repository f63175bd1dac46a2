"""Answers of models kept in a file, so that cases can be held again without a network.

`bots/<id>.cassette.jsonl` has a line for each alias and one for each answer, sorted, so that a
change reads well. An answer is found by its request in canonical form: what differs from run to
run (random marks), secrets, identifiers and names of people are taken out before it is hashed.
The request itself is not kept. What a person said in it comes back into a replayed answer.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from evaluation.redacted import people, without
from shared import wire
from shared.errors import ConfigurationError, Refused, TransientError
from shared.observability.meter import ModelCall
from shared.ports.models import Completion, ToolCall, Usage
from shared.text.identifiers.redaction import Redaction

RANDOM = re.compile(r"\b[0-9a-f]{16,}\b")
"""A mark made of random bytes, such as the fence around passages."""

SHOWN_CHARACTERS = 80


class CassetteMiss(TransientError):
    """A request that was never recorded."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: whom, what, and the values that were taken out of it.

    `shown` is the end of what was said last, for who has to find the case.
    """

    alias: str
    kind: str
    key: str
    redaction: Redaction
    shown: str

    @classmethod
    def of(cls, alias: str, kind: str, content: Sequence[Any], secrets: Sequence[str]) -> Self:
        redaction = Redaction(people)
        plain = json.dumps(content, sort_keys=True, ensure_ascii=False, default=list)
        text = without(redaction.redact(plain), secrets)
        text = RANDOM.sub("#", text)
        key = hashlib.sha256(f"{alias}\n{kind}\n{text}".encode()).hexdigest()
        last = content[0][-1] if content and content[0] else ""
        said = last.get("content") if isinstance(last, Mapping) else last
        shown = without(redaction.redact(str(said)), secrets)
        return cls(alias, kind, key, redaction, shown[-SHOWN_CHARACTERS:])


@dataclass(frozen=True, slots=True)
class Taped:
    """One answer, and the calls that it took: a retry and a fallback are calls of their own."""

    answer: Mapping[str, Any]
    calls: Sequence[ModelCall] = ()

    def to_dict(self) -> dict[str, Any]:
        calls = [
            {
                "deployment": call.deployment,
                "input": call.usage.input_tokens,
                "output": call.usage.output_tokens,
                "cached": call.usage.cached_tokens,
                "seconds": round(call.seconds, 3),
            }
            for call in self.calls
        ]
        return {"answer": dict(self.answer), "calls": calls}

    @classmethod
    def from_dict(cls, alias: str, kind: str, raw: Mapping[str, Any]) -> Self:
        calls = [
            ModelCall(
                alias,
                call["deployment"],
                kind,
                Usage(call["input"], call["output"], call["cached"]),
                seconds=call["seconds"],
            )
            for call in raw["calls"]
        ]
        return cls(raw["answer"], calls)


@dataclass
class Cassette:
    """The answers of one bot's cases, by alias and by request. `misses` is what was not there."""

    path: Path
    secrets: Sequence[str] = ()
    aliases: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    taped: dict[tuple[str, str, str], Taped] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path, secrets: Sequence[str]) -> Self:
        """Read a recorded one. Raises ConfigurationError."""
        if not path.exists():
            raise ConfigurationError(f"there is no {path}; make it with --record")
        cassette = cls(path, secrets)
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                raw = wire.loads(line)
                alias, kind = raw["alias"], raw["kind"]
                if kind == "alias":
                    cassette.aliases[alias] = raw
                else:
                    cassette.taped[alias, kind, raw["key"]] = Taped.from_dict(alias, kind, raw)
            except (ValueError, KeyError, TypeError):
                raise ConfigurationError(
                    f"{path}:{number}: not as --record wrote it; record it again"
                ) from None
        return cassette

    def save(self) -> None:
        """Write all of it, an alias and an answer a line."""
        lines = [
            {"alias": alias, "kind": "alias", **about}
            for alias, about in sorted(self.aliases.items())
        ]
        lines += [
            {"alias": alias, "kind": kind, "key": key, **taped.to_dict()}
            for (alias, kind, key), taped in sorted(self.taped.items(), key=lambda one: one[0])
        ]
        text = "".join(without(wire.dumps(line), self.secrets) + "\n" for line in lines)
        self.path.write_text(text, encoding="utf-8")

    def asked(self, alias: str, kind: str, content: Sequence[Any]) -> Asked:
        return Asked.of(alias, kind, content, self.secrets)

    def keep(self, asked: Asked, answer: Mapping[str, Any], calls: Sequence[ModelCall]) -> None:
        masked = wire.loads(asked.redaction.mask(wire.dumps(answer)))
        self.taped[asked.alias, asked.kind, asked.key] = Taped(masked, calls)

    def play(self, asked: Asked) -> Taped:
        """Return the answer, with what the person said in it. Raises CassetteMiss."""
        taped = self.taped.get((asked.alias, asked.kind, asked.key))
        if taped is None:
            miss = (
                f"{self.path}: nothing recorded for {asked.kind} of {asked.alias!r} "
                f"({asked.key[:12]}) that ends in {asked.shown!r}; record again with --record"
            )
            self.misses.append(miss)
            raise CassetteMiss(miss)
        answer = wire.loads(asked.redaction.restore(wire.dumps(taped.answer)))
        return Taped(answer, taped.calls)

    def check(self) -> None:
        """Raise CassetteMiss when anything was missing, whatever became of the turn."""
        if self.misses:
            raise CassetteMiss(self.misses[0])


def completion_to_dict(completion: Completion) -> dict[str, Any]:
    calls = [{"id": c.id, "name": c.name, "arguments": c.arguments} for c in completion.tool_calls]
    body = {"text": completion.text, "model": completion.model, "finish": completion.finish}
    return {**body, "tool_calls": calls} if calls else body


def refusal_to_dict(refusal: Refused) -> dict[str, Any]:
    return {"refused": {"text": refusal.text, "phrase": refusal.phrase}}


def completion_of(answer: Mapping[str, Any]) -> Completion:
    """Return what was kept of a completion; a refusal is raised again."""
    if "refused" in answer:
        raise Refused(**answer["refused"])
    calls = [ToolCall(**call) for call in answer.get("tool_calls", ())]
    return Completion(answer["text"], answer["model"], finish=answer["finish"], tool_calls=calls)
