"""Files that people send are kept: for a second look, for their days, and no longer."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions import triggers
from functions.channels import directline
from shared.activity import ConversationReference
from shared.fabric import Fabric
from shared.governance.audit import Operator
from shared.media.attachment import attachments_of
from shared.operations.deeds import persons
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.unit.media.test_channels import Service, heard, service, summarise
from tests.unit.media.test_read import sent, teams

__all__ = ["service"]

ORIGIN = "http://localhost:7071"


@pytest.fixture
async def fabric(lab: Callable[..., Lab], service: Service) -> Lab:
    made = lab(Skill("sum", "Sums up", message=summarise), manifest="[retention]\nfile_days = 3")
    made.settings = replace(
        made.settings,
        whatsapp_graph_url=f"{service.url}/v24.0",
        whatsapp_access_token="access-token-1",
    )
    return made


async def files_of(fabric: Lab, channel: str) -> list[dict[str, Any]]:
    key = ConversationReference("lab", channel, "one", user="ann").key
    return [item.body for item in await fabric.items(key, "file:")]


async def test_a_second_look_fetches_nothing(fabric: Lab, service: Service) -> None:
    file = teams("plan.pdf", f"{service.url}/file")
    first = await heard(fabric, "teams", file)

    reference = ConversationReference("lab", "teams", "one", user="ann")
    again = attachments_of(file)[0]
    service.content = b"gone"
    content = await fabric.locate(reference, again)

    assert "Visitors park on level 2." in first[0]
    assert content is not None
    assert content.startswith(b"%PDF-")
    assert service.calls == [("/file", "")]


async def test_what_was_looked_at_is_kept_for_its_days(fabric: Lab, service: Service) -> None:
    await heard(fabric, "whatsapp", sent("77"))

    [file] = await files_of(fabric, "whatsapp")
    [item] = await fabric.store.find(None, "file:")

    assert file["sent_by"] == "person"
    assert item.due is not None
    assert round((item.due - file["at"]) / 86_400) == 3
    assert (await fabric.blobs.get(file["blob"]) or b"").startswith(b"%PDF-")


async def test_what_nobody_looks_at_is_not_fetched(
    lab: Callable[..., Lab], service: Service
) -> None:
    async def deaf(turn: Turn) -> None:
        turn.reply("no")

    made = lab(Skill("deaf", "Ignores", message=deaf))
    await heard(made, "teams", teams("plan.pdf", f"{service.url}/file"))

    assert service.calls == []
    assert await files_of(made, "teams") == []


async def test_it_is_erased_with_the_person(fabric: Lab, service: Service) -> None:
    await heard(fabric, "teams", teams("plan.pdf", f"{service.url}/file"))

    receipt = await persons.erase(fabric, Operator("op", "cli"), "ann", "asked")

    assert [kept.count for kept in receipt.erased if kept.kind == "file"] == [1]
    assert list((fabric.settings.data_dir / "blobs").iterdir()) == []


# --- the web ---


class Web(Lab):
    def channel(self, name: str) -> Any:
        return Fabric.channel(self, name)


@pytest.fixture
async def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Web]:
    made = Web(tmp_path, Skill("sum", "Sums up", message=summarise))
    for module in (directline, triggers):
        monkeypatch.setattr(module, "fabric", lambda: made)
    yield made
    await made.close()


async def asked(route: Any, body: bytes, headers: dict[str, str], **path: str) -> dict[str, Any]:
    request = func.HttpRequest(
        method="POST",
        url="http://localhost/api/v3/directline",
        headers={"origin": ORIGIN, "host": "localhost:7071", **headers},
        route_params=path,
        body=body,
    )
    response = await route.build().get_user_function()(request)
    assert response.status_code == 200, response.get_body()
    answer: dict[str, Any] = json.loads(response.get_body())
    return answer


async def uploaded(content: bytes, kind: str = "text/plain") -> tuple[str, str]:
    """The conversation, and the token for it, after a person has uploaded a file there."""
    granted = await asked(directline.generate, b'{"bot": "lab"}', {})
    head = (
        f'Content-Disposition: form-data; name="file"; filename="notes.txt"\r\nContent-Type: {kind}'
    )
    body = b"--x\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n--x--\r\n"
    headers = {
        "authorization": f"Bearer {granted['token']}",
        "content-type": "multipart/form-data; boundary=x",
    }
    conversation = granted["conversationId"]
    await asked(directline.upload, body, headers, conversation=conversation)
    return conversation, granted["token"]


async def test_a_file_that_is_too_large_for_the_message_reaches_the_skill(page: Web) -> None:
    words = "We meet on level 2. " * 10_000

    conversation, _ = await uploaded(words.encode())
    await page.drain()
    said, _ = await page.web.after(conversation, 0)

    assert said[-1].text == words.strip()
    assert said[0].attachments[0]["contentUrl"].startswith("http://localhost:7071/api/files/")


async def test_the_bytes_are_in_no_record(page: Web) -> None:
    await uploaded(b"level 2, level 2 " * 10_000)

    stored = [item.body for item in await page.store.find(None, "", limit=1000)]
    [file] = [body for body in stored if body.get("sent_by") == "person"]

    assert "bGV2ZWwgMi" not in json.dumps(stored)
    assert file["size"] == 170_000


async def test_a_file_that_is_gone_is_said_to_be(page: Web) -> None:
    conversation, _ = await uploaded(b"x" * 100_000)
    [item] = await page.store.find(None, "file:")
    await page.blobs.delete(item.body["blob"])

    await page.drain()
    said, _ = await page.web.after(conversation, 0)

    assert said[-1].text == "I could not get that file. Could you send it again?"
