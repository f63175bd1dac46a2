"""Files that a bot sends, on the simulators of Teams and WhatsApp and on the web."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import pytest
from aiohttp import web

from functions import triggers
from functions.channels import files as files_function
from functions.channels import teams as teams_function
from shared.activity import Activity, ConversationReference
from shared.errors import Conflict
from shared.fabric import Fabric
from shared.governance.audit import Operator
from shared.media.file import MAX_BYTES, MAX_FILES, File
from shared.operations.deeds import persons
from shared.pipeline.door import accept
from shared.pipeline.door.calls import call
from shared.ports.channel import Inbound
from shared.ports.store import Delete
from shared.skill import Skill
from shared.turn import Turn
from simulators.teams import TENANT, TeamsSimulator
from simulators.teams_files import CONSENT
from simulators.whatsapp import WhatsAppSimulator
from tests.lab import Lab

PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
PDF = b"%PDF-1.4\n" + b"x" * 2_000
SOUND = b"ID3" + b"\x00" * 500
NUMBER = "100000000000042"
ALT = "A plan of level 2"


async def answer(turn: Turn) -> None:
    match turn.text:
        case "plan":
            turn.reply("Here is the plan.", files=[File("plan.png", PNG, alt=ALT)])
        case "form":
            turn.reply("Please fill this in.", files=[File("form.pdf", PDF)])
        case "all":
            turn.reply(
                "Everything.",
                files=[File("plan.png", PNG, alt=ALT), File("a.mp3", SOUND), File("form.pdf", PDF)],
            )
        case "drawing":
            turn.reply("Open it with CAD.", files=[File("hall.dwg", b"AC1032")])
        case "page":
            turn.reply(files=[File("page.html", b"<script>alert(1)</script>")])


class Host(Lab):
    """The lab's bot on the real channels, at simulated services."""

    teams_at = ""

    def channel(self, name: str) -> Any:
        return Fabric.channel(self, name)

    async def write(self, channel: str, text: str, id: str = "m1", **more: Any) -> str:
        reference = ConversationReference(
            "lab", channel, "31655501001", user="31655501001", reply_to=id, **more
        )
        if channel == "teams":
            reference = replace(
                reference,
                conversation="a:anna",
                service_url=self.teams_at,
                account="28:bot",
                tenant=TENANT,
            )
        said = Activity(type="message", id=id, text=text)
        await accept.accept(self, [Inbound(self.bots["lab"], reference, said)])
        await self.drain()
        return reference.key

    async def page(self) -> list[Activity]:
        """What the web client has got."""
        said, _ = await self.web.after("31655501001", 0)
        return said


@pytest.fixture
async def teams() -> AsyncIterator[TeamsSimulator]:
    async with TeamsSimulator() as simulator:
        simulator.connector.members["a:anna"] = [{"id": "29:anna"}]
        yield simulator


@pytest.fixture
async def meta() -> AsyncIterator[WhatsAppSimulator]:
    async with WhatsAppSimulator(number=NUMBER) as simulator:
        simulator.graph.heard("31655501001", "m1", 4e9)
        yield simulator


@pytest.fixture
async def host(
    tmp_path: Path,
    teams: TeamsSimulator,
    meta: WhatsAppSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Host]:
    skill = Skill("plans", "Sends plans", message=answer)
    tables = f'[channels.teams]\n[channels.whatsapp]\nphone_number_id = "{NUMBER}"'
    host = Host(tmp_path, skill, manifest=f"{tables}\n[retention]\nfile_days = 7")
    host.settings = replace(
        host.settings,
        whatsapp_access_token=meta.settings["FABRIC_WHATSAPP_ACCESS_TOKEN"],
        whatsapp_graph_url=meta.settings["FABRIC_WHATSAPP_GRAPH_URL"],
    )
    host.teams_at = teams.service_url
    for module in (teams_function, files_function, triggers):
        monkeypatch.setattr(module, "fabric", lambda: host)
    yield host
    await host.close()


async def opened(url: str) -> func.HttpResponse:
    """What a browser gets at an address."""
    parts = urlsplit(url)
    conversation, file = parts.path.removeprefix("/api/files/").split("/")
    request = func.HttpRequest(
        method="GET",
        url=url,
        params=dict(parse_qsl(parts.query)),
        route_params={"conversation": conversation, "file": file},
        body=b"",
    )
    response = await files_function.files.build().get_user_function()(request)
    assert isinstance(response, func.HttpResponse)
    return response


# --- the web ---


async def test_a_page_gets_an_address_that_opens_the_picture(host: Host) -> None:
    await host.write("web", "plan")

    [said] = await host.page()
    [shown] = said.attachments
    response = await opened(shown["contentUrl"])

    assert said.text == "Here is the plan."
    assert (shown["contentType"], shown["name"], shown["altText"]) == ("image/png", "plan.png", ALT)
    assert response.get_body() == PNG
    assert response.mimetype == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_no_bytes_are_written_but_to_the_blob(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = type(host.store).write, list[str]()

    async def noting(store: Any, partition: str, *ops: Any, **how: Any) -> Any:
        written.extend(json.dumps(op.body) for op in ops if not isinstance(op, Delete))
        return await write(store, partition, *ops, **how)

    monkeypatch.setattr(type(host.store), "write", noting)

    await host.write("web", "plan")

    assert any('"kind": "send"' in body and "fabric-file:" in body for body in written)
    assert not any("iVBORw0KGgo" in body or "PNG" in body for body in written)


@pytest.mark.parametrize("change", ["sig", "until", "file", "conversation"])
async def test_an_address_that_was_changed_opens_nothing(host: Host, change: str) -> None:
    await host.write("web", "plan")
    [said] = await host.page()
    url = said.attachments[0]["contentUrl"]
    path, query = urlsplit(url).path, dict(parse_qsl(urlsplit(url).query))
    file = path.rpartition("/")[2]
    match change:
        case "sig":
            url = url.replace(query["sig"], "A" * 43)
        case "until":
            url = url.replace(query["until"], str(int(query["until"]) + 1))
        case "file":
            url = url.replace(file, "0" * 32)
        case "conversation":
            url = url.replace("lab.web.", "lab.api.")

    assert (await opened(url)).status_code == 404


@pytest.mark.parametrize("url", ["/api/files/a%0a/b", "/api/files/a/b?until=x&sig=é"])
async def test_an_address_of_somebodys_choice_is_no_error_of_ours(host: Host, url: str) -> None:
    assert (await opened(f"http://localhost{url}")).status_code == 404


async def test_an_address_ends_and_says_so(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    await host.write("web", "plan")
    [said] = await host.page()
    links = host.files._links
    monkeypatch.setattr(links, "_clock", lambda: 5e9)

    response = await opened(said.attachments[0]["contentUrl"])

    assert response.status_code == 410
    assert response.get_body() == b"This file is no longer here. Ask the bot for it again."


async def test_what_could_run_in_a_browser_is_saved_instead(host: Host) -> None:
    await host.write("web", "page")
    [said] = await host.page()

    response = await opened(said.attachments[0]["contentUrl"])

    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in response.headers["Content-Security-Policy"]


async def test_a_client_cannot_have_a_file_of_another_conversation_shown(host: Host) -> None:
    key = await host.write("web", "plan")
    [item] = await host.items(key, "file:")
    theirs = ConversationReference("lab", "web", "other", user="eve")
    file = {"contentType": "image/png", "contentUrl": f"fabric-file:{item.id[5:]}", "name": "x"}
    said = Activity(
        type="message", id="1", attachments=[file], recipient={"id": "lab"}, **{"from": {}}
    )
    await host.web.record(Inbound(host.bots["lab"], theirs, said))

    [echoed], _ = await host.web.after("other", 0)

    assert (await opened(echoed.attachments[0]["contentUrl"])).status_code == 410


# --- Teams ---


async def test_teams_shows_a_picture_in_the_message(host: Host, teams: TeamsSimulator) -> None:
    await host.write("teams", "plan")

    [said] = teams.transcript.said
    [shown] = said.body["attachments"]

    assert (said.text, shown["contentType"], shown["name"]) == (
        *("Here is the plan.", "image/png"),
        ALT,
    )
    assert (await opened(shown["contentUrl"])).get_body() == PNG


async def test_in_a_personal_chat_the_person_is_asked_and_gets_the_file(
    host: Host, teams: TeamsSimulator
) -> None:
    async def webhook(request: web.BaseRequest) -> web.Response:
        response = await posted(await request.read(), request.headers)
        return web.Response(status=response.status_code, body=response.get_body())

    await host.write("teams", "form")
    texts = [said.text for said in teams.transcript.said]
    card = teams.transcript.said[-1].body["attachments"][0]
    assert texts == ["Please fill this in.", ""]
    assert (card["contentType"], card["name"]) == (CONSENT, "form.pdf")
    assert card["content"]["sizeInBytes"] == len(PDF)

    async with serving(webhook) as url:
        teams.webhook = url
        delivery = await teams.answer_consent("form.pdf")
        await host.drain()

    assert (delivery.statuses, delivery.body) == ([200], b"")
    assert teams.drive.files == {"form.pdf": PDF}
    [info] = teams.transcript.said[-1].body["attachments"]
    assert info["contentType"].endswith("card.file.info")
    assert info["contentUrl"].startswith("https://contoso-my.sharepoint.com/")


async def test_who_declines_gets_nothing(host: Host, teams: TeamsSimulator) -> None:
    await host.write("teams", "form")

    await invoke(host, teams, action="decline")

    assert teams.drive.files == {}
    assert teams.transcript.said[-1].text == "All right. The file stays here."


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/drive",
        "https://contoso.sharepoint.com.example.com/",
        "http://169.254.169.254/metadata",
        "file:///etc/passwd",
        "",
    ],
)
async def test_a_place_of_somebodys_choice_gets_no_file(
    host: Host, teams: TeamsSimulator, url: str
) -> None:
    await host.write("teams", "form")

    await invoke(host, teams, upload=url)

    assert teams.transcript.said[-1].text.startswith("That file is no longer here.")


async def test_a_file_of_another_conversation_is_not_uploaded(
    host: Host, teams: TeamsSimulator
) -> None:
    other = await host.write("whatsapp", "form", id="w1")
    [item] = await host.items(other, "file:")
    await host.write("teams", "form")

    await invoke(host, teams, file=item.id.removeprefix("file:"))

    assert teams.drive.files == {}


async def test_in_a_group_a_file_is_a_link(host: Host, teams: TeamsSimulator) -> None:
    await host.write("teams", "form", is_group=True)

    [card] = teams.transcript.said[-1].body["attachments"]
    [button] = card["content"]["buttons"]

    assert card["content"]["title"] == "form.pdf"
    assert (await opened(button["value"])).get_body() == PDF


# --- WhatsApp ---


async def test_whatsapp_gets_a_picture_with_its_caption(
    host: Host, meta: WhatsAppSimulator
) -> None:
    await host.write("whatsapp", "plan")

    [said] = meta.transcript.said
    image = said.body["image"]

    assert image["caption"] == "Here is the plan."
    assert meta.media.files[image["id"]].content == PNG


async def test_whatsapp_gets_each_file_by_its_kind_then_the_text(
    host: Host, meta: WhatsAppSimulator
) -> None:
    await host.write("whatsapp", "all")

    kinds = [said.body["type"] for said in meta.transcript.said]
    picture, sound, document, _ = (said.body for said in meta.transcript.said)

    assert kinds == ["image", "audio", "document", "text"]
    assert picture["image"]["caption"] == ALT
    assert "caption" not in sound["audio"]
    assert document["document"]["filename"] == "form.pdf"


async def test_what_whatsapp_does_not_take_is_a_link(host: Host, meta: WhatsAppSimulator) -> None:
    await host.write("whatsapp", "drawing")

    lines = " ".join(said.text for said in meta.transcript.said)
    url = next(word for word in lines.split() if word.startswith("http"))

    assert "hall.dwg" in lines
    assert meta.media.files == {}
    assert (await opened(url)).get_body() == b"AC1032"


async def test_a_message_that_is_sent_again_uploads_nothing_again(
    host: Host, meta: WhatsAppSimulator
) -> None:
    meta.faults.once("500")

    await host.write("whatsapp", "plan")

    assert [said.body["type"] for said in meta.transcript.said] == ["image"]
    assert len(meta.media.files) == 1


async def test_a_turn_that_runs_again_sends_once(
    host: Host, meta: WhatsAppSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, raised = type(host.store).write, list[int]()

    async def conflicting(store: Any, partition: str, *ops: Any, **how: Any) -> Any:
        if any(op.id.startswith("seen:") for op in ops) and not raised:
            raised.append(1)
            raise Conflict("conversation")
        return await write(store, partition, *ops, **how)

    monkeypatch.setattr(type(host.store), "write", conflicting)

    key = await host.write("whatsapp", "plan")

    assert raised
    assert len(meta.transcript.said) == len(meta.media.files) == 1
    assert len(await host.items(key, "file:")) == 1


# --- programs, and life and death ---


async def test_who_calls_a_skill_gets_addresses(host: Host) -> None:
    asked = b'{"bot":"lab","conversation":"c","user":"u","text":"form"}'

    answer = await call(host, host.skills["plans"], asked)
    [file] = answer["activities"][0]["attachments"]

    assert (await opened(file["contentUrl"])).get_body() == PDF


async def test_a_file_goes_when_its_days_are_over(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await host.write("web", "plan")
    [said] = await host.page()
    [item] = await host.items(key, "file:")
    blobs = host.settings.data_dir / "blobs"
    assert item.due is not None

    monkeypatch.setattr(host.files, "_clock", lambda: float(item.due or 0) - 1)
    assert await host.files.remove_old() == 0
    monkeypatch.setattr(host.files, "_clock", lambda: float(item.due or 0) + 1)
    assert await host.files.remove_old() == 1

    assert list(blobs.iterdir()) == []
    assert (await opened(said.attachments[0]["contentUrl"])).status_code == 410
    assert round((item.due - item.body["at"]) / 86_400) == 7


async def test_what_no_turn_committed_goes_after_a_day(host: Host) -> None:
    from shared.records.file import StoredFile

    stray = StoredFile(id="0" * 32, name="a", content_type="a/b", size=1, at=1_000.0)

    await host.files.keep("lab.web.x", stray, b"x")

    assert await host.files.remove_old() == 1


async def test_a_file_is_exported_counted_and_erased_with_the_person(host: Host) -> None:
    key = await host.write("whatsapp", "form")
    me = Operator("ann", "cli")

    exported = await persons.export(host, me, "31655501001", "asked")
    receipt = await persons.erase(host, me, "31655501001", "asked")

    [file] = [record for record in exported["records"] if record["kind"] == "file"]
    assert b64decode(file["base64"]) == PDF
    assert [kept.count for kept in receipt.erased if kept.kind == "file"] == [1]
    assert list((host.settings.data_dir / "blobs").iterdir()) == []
    assert await host.items(key, "file:") == []


async def test_a_file_that_is_held_outlives_its_days(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    await host.write("whatsapp", "form")

    await persons.hold(host, Operator("ann", "cli"), "31655501001", "a lawsuit")
    monkeypatch.setattr(host.files, "_clock", lambda: 5e9)

    assert await host.files.remove_old() == 0


@pytest.mark.parametrize(
    ("name", "content"), [("", b"x"), ("a.pdf", b""), ("a.pdf", b"x" * (MAX_BYTES + 1))]
)
def test_a_file_that_no_channel_takes_is_the_authors_mistake(name: str, content: bytes) -> None:
    with pytest.raises(ValueError, match="a file"):
        File(name, content)


async def test_a_reply_carries_so_many_files(host: Host) -> None:
    files = [File("a.txt", b"x")] * (MAX_FILES + 1)

    async def too_many(turn: Turn) -> None:
        with pytest.raises(ValueError, match="at most"):
            turn.reply(files=files)
        turn.reply("too many")

    host.skills = {"plans": Skill("plans", "Sends plans", message=too_many)}
    await host.write("web", "x")

    assert [said.text for said in await host.page()] == ["too many"]


# --- what the tests say ---


async def invoke(
    host: Host, teams: TeamsSimulator, *, action: str = "accept", upload: str = "", file: str = ""
) -> None:
    """A person's answer to the file offered last, posted to the webhook."""
    card = teams.transcript.said[-1].body["attachments"][0]["content"]
    id = file or card["acceptContext"]["file"]
    value = {"type": "fileUpload", "action": action, "context": {"file": id}}
    if action == "accept":
        value |= {"uploadInfo": {"uploadUrl": upload, "name": "form.pdf"}}
    activity = {
        "type": "invoke",
        "id": "i1",
        "name": "fileConsent/invoke",
        "value": value,
        "channelId": "msteams",
        "serviceUrl": host.teams_at,
        "from": {"id": "31655501001"},
        "recipient": {"id": "28:bot"},
        "conversation": {"id": "a:anna", "tenantId": TENANT},
    }
    headers = {"host": "127.0.0.1", "content-type": "application/json"}
    response = await posted(json.dumps(activity).encode(), headers)
    assert response.status_code == 200
    await host.drain()


async def posted(body: bytes, headers: Mapping[str, str]) -> func.HttpResponse:
    request = func.HttpRequest(
        method="POST",
        url="http://127.0.0.1/api/teams/lab",
        route_params={"bot": "lab"},
        headers=dict(headers),
        body=body,
    )
    response = await teams_function.teams.build().get_user_function()(request)
    assert isinstance(response, func.HttpResponse)
    return response


class serving:
    """A webhook on a free port."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler

    async def __aenter__(self) -> str:
        self._runner = web.ServerRunner(web.Server(self._handler))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/teams/lab"

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
