"""A bot with the three services behind it, stand-ins on this machine, and files sent to it."""

import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from shared.skill import Skill
from shared.turn import Turn
from stand_ins.documents.server import DocumentsServer
from stand_ins.resource import KEY, ResourceServer
from stand_ins.speech.server import SpeechServer
from stand_ins.translator.server import TranslatorServer
from tests.lab import Lab

Make = Callable[..., Lab]


@dataclass
class Services:
    speech: SpeechServer
    translator: TranslatorServer
    documents: DocumentsServer

    @property
    def all(self) -> Mapping[str, ResourceServer]:
        return {
            "speech": self.speech,
            "translator": self.translator,
            "documents": self.documents,
        }

    @property
    def settings(self) -> Mapping[str, str]:
        """What points an app at them."""
        return {**self.speech.settings, **self.translator.settings, **self.documents.settings}

    def connect(self, fabric: Lab) -> Lab:
        fabric.settings = replace(
            fabric.settings,
            speech_url=f"azure-speech://{self.speech.host}",
            speech_key=KEY,
            translator_url=f"azure-translator://{self.translator.host}",
            translator_key=KEY,
            documents_url=f"azure-document-intelligence://{self.documents.host}",
            documents_key=KEY,
        )
        return fabric


@asynccontextmanager
async def running() -> AsyncIterator[Services]:
    async with AsyncExitStack() as stack:
        yield Services(
            await stack.enter_async_context(SpeechServer()),
            await stack.enter_async_context(TranslatorServer()),
            await stack.enter_async_context(DocumentsServer()),
        )


def understanding() -> Skill:
    """Says what is in a recording, in any other file, or in English what is written."""
    skill = Skill("sense", "Understands what people send")

    @skill.on_message
    async def sense(turn: Turn) -> None:
        for file in turn.attachments:
            hears = file.is_recording
            turn.reply(await (turn.transcribe(file) if hears else turn.read(file)))
        if turn.text:
            made = await turn.translate(turn.text, "en")
            turn.reply(f"{made.language}: {made}")

    return skill


def file(content: bytes, kind: str, name: str = "") -> dict[str, Any]:
    """An attachment that carries its bytes."""
    url = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return {"contentType": kind, "contentUrl": url, "name": name}


async def heard(fabric: Lab, text: str = "", *files: dict[str, Any]) -> list[str]:
    """What the person reads after this message."""
    before = len(fabric.heard())
    await fabric.say(text, attachments=list(files))
    await fabric.drain()
    return fabric.heard()[before:]
