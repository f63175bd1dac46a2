"""A file of each channel, from a server on this machine to a skill, and what the person hears."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web

from shared.activity import Activity, ConversationReference
from shared.errors import Unavailable
from shared.media.attachment import attachments_of
from shared.media.unread import Reason, Unread
from shared.pipeline.door import accept
from shared.ports.channel import Inbound
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.unit.knowledge.test_documents import portable
from tests.unit.media.test_read import sent, teams

TOKEN = "Bearer access-token-1"


@dataclass
class Service:
    """Graph, and the host of the files."""

    url: str = ""
    content: bytes = b""
    statuses: list[int] = field(default_factory=list)
    where: str = ""
    size: int = 10
    calls: list[tuple[str, str]] = field(default_factory=list)

    async def about(self, request: web.Request) -> web.Response:
        self._note(request)
        if self.statuses:
            return web.json_response({}, status=self.statuses.pop(0))
        return web.json_response({"url": self.where or f"{self.url}/file", "file_size": self.size})

    async def file(self, request: web.Request) -> web.Response:
        self._note(request)
        return web.Response(body=self.content)

    def _note(self, request: web.Request) -> None:
        self.calls.append((request.path, request.headers.get("authorization", "")))


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    portable(tmp_path / "a.pdf")
    service = Service(content=(tmp_path / "a.pdf").read_bytes())
    app = web.Application()
    app.add_routes([web.get("/file", service.file), web.get("/v24.0/{id}", service.about)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service
    await runner.cleanup()


async def summarise(turn: Turn) -> None:
    for file in turn.attachments:
        turn.reply(await turn.read(file))


@pytest.fixture
async def fabric(lab: Callable[..., Lab], service: Service) -> Lab:
    made = lab(Skill("sum", "Sums up", message=summarise))
    made.settings = replace(
        made.settings,
        whatsapp_graph_url=f"{service.url}/v24.0",
        whatsapp_access_token="access-token-1",
    )
    return made


async def heard(fabric: Lab, channel: str, activity: Activity) -> list[str]:
    reference = ConversationReference("lab", channel, "one", user="ann", reply_to="m1")
    activity = Activity(activity, id="m1")
    await accept.accept(fabric, [Inbound(fabric.bots["lab"], reference, activity)])
    await fabric.drain()
    return fabric.heard()


async def test_a_file_in_teams_reaches_a_skill_without_a_token(
    fabric: Lab, service: Service
) -> None:
    said = await heard(fabric, "teams", teams("plan.pdf", f"{service.url}/file"))

    assert "Visitors park on level 2." in said[0]
    assert service.calls == [("/file", "")]


async def test_a_file_on_whatsapp_reaches_a_skill_by_its_id(fabric: Lab, service: Service) -> None:
    said = await heard(fabric, "whatsapp", sent("77"))

    assert "Visitors park on level 2." in said[0]
    assert service.calls == [("/v24.0/77", TOKEN), ("/file", TOKEN)]


@pytest.mark.parametrize("channel", ["teams", "whatsapp", "web"])
async def test_an_address_of_somebodys_choice_is_not_called(
    fabric: Lab, service: Service, channel: str
) -> None:
    fabric.settings = replace(fabric.settings, local=False)
    file = {"contentType": "application/pdf", "contentUrl": f"{service.url}/file"}

    said = await heard(fabric, channel, Activity(type="message", attachments=[file]))

    assert said == ["I could not get that file. Could you send it again?"]
    assert service.calls == []


@pytest.mark.parametrize("channel", ["whatsapp", "web"])
async def test_nor_is_one_in_the_local_environment_but_for_teams(
    fabric: Lab, service: Service, channel: str
) -> None:
    file = {"contentType": "application/pdf", "contentUrl": f"{service.url}/file"}

    assert (
        "could not get"
        in (await heard(fabric, channel, Activity(type="message", attachments=[file])))[0]
    )
    assert service.calls == []


@pytest.mark.parametrize("id", ["", "..", "7/messages", "7?fields=x", "7#", "me%2f", "a" * 129])
async def test_an_id_that_is_none_is_not_asked_for(fabric: Lab, service: Service, id: str) -> None:
    assert "could not get" in (await heard(fabric, "whatsapp", sent(id)))[0]
    assert service.calls == []


async def test_graph_cannot_send_the_token_elsewhere(fabric: Lab, service: Service) -> None:
    service.where = "https://lookaside.fbsbx.com.example.com/file"

    assert "could not get" in (await heard(fabric, "whatsapp", sent("77")))[0]


async def test_a_file_that_graph_calls_too_big_is_not_fetched(
    fabric: Lab, service: Service
) -> None:
    service.size = 100_000_000

    assert "too big" in (await heard(fabric, "whatsapp", sent("77")))[0]
    assert service.calls == [("/v24.0/77", TOKEN)]


@pytest.mark.parametrize("status", [400, 404])
async def test_a_file_that_meta_no_longer_has_is_gone(
    fabric: Lab, service: Service, status: int
) -> None:
    service.statuses = [status]
    (file,) = attachments_of(sent("77"))

    with pytest.raises(Unread) as refused:
        await fabric.locate(ConversationReference("lab", "whatsapp", "one"), file)

    assert refused.value.reason is Reason.GONE


@pytest.mark.parametrize("statuses", [[401, 401], [429], [500]])
async def test_graph_in_trouble_is_asked_again_later(
    fabric: Lab, service: Service, statuses: list[int]
) -> None:
    service.statuses = statuses
    (file,) = attachments_of(sent("77"))

    with pytest.raises(Unavailable):
        await fabric.locate(ConversationReference("lab", "whatsapp", "one"), file)
