"""A voice note, a photo, a scan, a document and a foreign question, answered on all three channels.

The whole app as a process, with the sample bot `support`; the three services are stand-ins, and
what each answer cost is on the bill.
"""

import asyncio
import csv
import io
import re
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import docx
import pytest
from aiohttp import ClientSession, FormData, web

from simulators.teams import TeamsSimulator
from simulators.whatsapp import WhatsAppSimulator
from stand_ins.documents.scan import photo, scanned_pdf
from stand_ins.openai.faults import Fault
from stand_ins.speech.sound import Recording, record
from tests.azure import ROOT
from tests.e2e.test_same_transcript import host
from tests.unit.media.senses import Services, running

NUMBER = "100000000000003"
PERSON = "31655501001"
QUESTION = "How long does a refund take?"
POLISH = "Jak długo trwa zwrot pieniędzy?"
SOUND = record(Recording(QUESTION, 3.0))
ANSWER_SECONDS = 60.0


def letter() -> bytes:
    made, document = io.BytesIO(), docx.Document()
    document.add_paragraph("The return label is missing.")
    document.save(made)
    return made.getvalue()


FILES = [
    (photo("Order 4711"), "image/jpeg", "order.jpg", "Order 4711"),
    (scanned_pdf(["Invoice 7", "Total 20 EUR"]), "application/pdf", "scan.pdf", "Invoice 7"),
    (letter(), "application/octet-stream", "letter.docx", "The return label is missing."),
]
"""Content, type, name, and what has to be in the answer."""

Send = Callable[[bytes, str, str], Awaitable[object]]
Say = Callable[[str], Awaitable[object]]
Heard = Callable[[], Awaitable[Sequence[str]]]


@dataclass
class World:
    url: str
    folder: Path
    services: Services
    teams: TeamsSimulator
    whatsapp: WhatsAppSimulator
    drive: str
    files: dict[str, bytes]


@dataclass
class Person:
    """Somebody on a channel: what they can do, and what they heard."""

    send: Send
    say: Say
    heard: Heard

    async def asks(self, act: Awaitable[object]) -> list[str]:
        """What is heard after this; the answer may be behind a word that it takes longer."""
        before = len(await self.heard())
        await act
        return (await self.until(before + 1))[before:]

    async def until(self, count: int) -> list[str]:
        """Ask, as a page does, until so much was heard."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                if len(said := list(await self.heard())) >= count:
                    return said
                await asyncio.sleep(0.05)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    files: dict[str, bytes] = {}

    async def download(request: web.Request) -> web.Response:
        return web.Response(body=files[request.match_info["name"]])

    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(running())
        teams = await stack.enter_async_context(TeamsSimulator())
        whatsapp = await stack.enter_async_context(WhatsAppSimulator(number=NUMBER, statuses=False))
        app = web.Application()
        app.router.add_get("/{name}", download)
        drive = web.AppRunner(app)
        await drive.setup()
        stack.push_async_callback(drive.cleanup)
        await web.TCPSite(drive, "127.0.0.1", 0).start()
        settings = {
            **services.settings,
            **teams.settings,
            **whatsapp.settings,
            "FABRIC_EMBEDDINGS": "off",
            "PORT": "0",
        }
        url = await stack.enter_async_context(host(tmp_path / "data", settings))
        teams.webhook = f"{url}/api/teams/support"
        whatsapp.webhook = f"{url}/api/whatsapp"
        where = f"http://127.0.0.1:{drive.addresses[0][1]}"
        yield World(url, tmp_path / "data", services, teams, whatsapp, where, files)


async def on_teams(world: World, stack: AsyncExitStack) -> Person:
    async def send(content: bytes, content_type: str, name: str) -> object:
        world.files[name] = content
        about = {"downloadUrl": f"{world.drive}/{name}", "fileType": name.partition(".")[2]}
        file = {
            "contentType": "application/vnd.microsoft.teams.file.download.info",
            "name": name,
            "content": about,
        }
        return await world.teams.say("", attachments=[file])

    async def heard() -> Sequence[str]:
        return world.teams.transcript.texts("a:anna")

    return Person(send, world.teams.say, heard)


async def on_whatsapp(world: World, stack: AsyncExitStack) -> Person:
    async def send(content: bytes, content_type: str, name: str) -> object:
        return await world.whatsapp.send(content, content_type, name=name, user=PERSON)

    async def say(text: str) -> object:
        return await world.whatsapp.say(text, user=PERSON)

    async def heard() -> Sequence[str]:
        return world.whatsapp.transcript.texts(PERSON)

    return Person(send, say, heard)


async def on_the_web(world: World, stack: AsyncExitStack) -> Person:
    base, origin = f"{world.url}/api/v3/directline", {"Origin": world.url}
    session = await stack.enter_async_context(ClientSession(headers=origin))
    async with session.post(f"{base}/tokens/generate", json={"bot": "support"}) as answer:
        granted = await answer.json()
    known = {"Authorization": f"Bearer {granted['token']}"}
    place = f"{base}/conversations/{granted['conversationId']}"
    await session.post(f"{base}/conversations", headers=known)

    async def send(content: bytes, content_type: str, name: str) -> object:
        form = FormData()
        kind = content_type if content_type != "application/octet-stream" else _WORD
        form.add_field("file", content, content_type=kind, filename=name)
        async with session.post(f"{place}/upload?userId=ann", data=form, headers=known) as answer:
            assert answer.status == 200, await answer.text()
        return None

    async def say(text: str) -> object:
        said = {"type": "message", "text": text, "from": {"id": "ann"}}
        async with session.post(f"{place}/activities", json=said, headers=known) as answer:
            assert answer.status == 200
        return None

    async def heard() -> Sequence[str]:
        async with session.get(f"{place}/activities?watermark=", headers=known) as answer:
            found = (await answer.json())["activities"]
        return [one["text"] for one in found if one["from"]["id"] == "support" and "text" in one]

    return Person(send, say, heard)


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CHANNELS = {"teams": on_teams, "whatsapp": on_whatsapp, "web": on_the_web}


async def bill(folder: Path) -> list[dict[str, str]]:
    """What `botfabric cost --focus` writes."""
    path = folder.with_suffix(".csv")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "cost", "--focus", str(path)),
        cwd=ROOT,
        env={"FABRIC_ENVIRONMENT": "local", "FABRIC_DATA_DIR": str(folder), "PATH": ""},
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    return list(csv.DictReader(path.read_text().splitlines()))


async def test_what_people_send_is_answered_on_every_channel_and_on_the_bill(
    world: World,
) -> None:
    async with AsyncExitStack() as stack:
        for channel in CHANNELS.values():
            person = await channel(world, stack)
            [said] = await person.asks(person.send(SOUND, "audio/ogg", "note.ogg"))
            assert "5 working days" in said
            for content, content_type, name, text in FILES:
                [said] = await person.asks(person.send(content, content_type, name))
                assert text in re.sub(r"[*_>\\]", "", said)
            [said] = await person.asks(person.say(POLISH))
            assert "[pl]" in said

    rows = [row for row in await bill(world.folder) if row["SkuMeter"]]
    used: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        used[row["x_Channel"], row["SkuMeter"]] += Decimal(row["ConsumedQuantity"])
    for name in CHANNELS:
        assert used[name, "speech.seconds"] == 3
        assert used[name, "documents.pages"] == 3
        assert used[name, "translator.characters"] > len(POLISH)
    speech = sum(Decimal(row["BilledCost"]) for row in rows if row["SkuMeter"] == "speech.seconds")
    assert speech == Decimal("0.36") * 9 / 3600


async def test_a_file_that_is_gone_after_an_hour_is_asked_for_again(world: World) -> None:
    async with AsyncExitStack() as stack:
        person = await on_whatsapp(world, stack)

        async def late() -> None:
            message = world.whatsapp.sent.message(SOUND, "audio/ogg")
            world.whatsapp.sent.forget()
            await world.whatsapp.write(message, user=PERSON)

        [said] = await person.asks(late())

    assert said == "I could not get that file. Could you send it again?"
    assert world.services.speech.asked == []


async def test_a_service_that_is_throttled_answers_after_a_word_that_it_takes_longer(
    world: World,
) -> None:
    async with AsyncExitStack() as stack:
        person = await on_teams(world, stack)
        world.services.speech.fail(Fault(status=429, headers={"Retry-After": "6"}))
        await person.asks(person.send(SOUND, "audio/ogg", "note.ogg"))
        said = await person.until(2)

    assert "longer than usual" in said[0]
    assert "5 working days" in said[1]
