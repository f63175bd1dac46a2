"""The local host with a model that takes `STALL` seconds, and a skill that asks it each time."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from cli.__main__ import main
from functions.host import fabric
from functions.skills.echo import skill
from shared.ports.models import Completion
from shared.turn import Turn

STALL = float(os.environ.get("STALL", "30"))


class StallingModel:
    """A `ChatModel`, and the `Models` that has no other."""

    name, embedder = "stalling", ""
    structured = False

    def named(self, alias: str) -> "StallingModel":
        return self

    async def complete(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> Completion:
        await asyncio.sleep(STALL)
        return Completion("at last", self.name)

    async def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncIterator[str]:
        yield (await self.complete(messages, tools)).text

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        raise NotImplementedError

    async def check(self) -> str:
        return ""

    async def close(self) -> None:
        """Nothing is open."""


@skill.on_message
async def ask(turn: Turn) -> None:
    answer = await turn.ai.complete([{"role": "user", "content": turn.text}])
    turn.reply(answer.text)


if __name__ == "__main__":
    fabric().ai.__dict__["models"] = StallingModel()
    sys.exit(main())
