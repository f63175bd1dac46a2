"""Skills as MCP tools: the protocol's rules, who sees what, and that each call is on record."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import azure.functions as func
import pytest

from functions.partners import mcp
from shared.errors import Refused, Unavailable
from shared.governance import audit
from shared.governance.roles import Role
from shared.skill import Skill
from shared.turn import Turn
from tests.lab import Lab
from tests.operators import bearer

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def desk() -> Skill:
    skill = Skill("desk", "Answers about desks", examples=["Is my desk free?"], mcp=True)

    @skill.on_message
    async def answer(turn: Turn) -> None:
        match turn.text:
            case "down":
                raise Unavailable("the desks")
            case "no":
                raise Refused("You may not know that.")
            case "":
                return
        turn.state["count"] = turn.state.get("count", 0) + 1
        turn.reply(f"{turn.text} for {turn.reference.user}, {turn.state['count']}")

    return skill


@pytest.fixture
def fabric(lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = lab(
        desk(), Skill("secret", "Is no tool"), manifest="[quota]\nturns_per_user_per_day = 3"
    )
    monkeypatch.setattr(mcp, "fabric", lambda: made)
    return made


async def post(body: Any, headers: Mapping[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = func.HttpRequest(
        method="POST", url="http://localhost/api/mcp", headers=dict(headers or {}), body=raw
    )
    answer = await mcp.mcp.build().get_user_function()(request)
    return answer.status_code, json.loads(answer.get_body() or b"{}")


async def ask(method: str, headers: Mapping[str, str] | None = None, **params: Any) -> Any:
    """A request of revision 2026-07-28, with the headers that belong to it."""
    sent = {"mcp-protocol-version": "2026-07-28", "mcp-method": method}
    if "name" in params:
        sent["mcp-name"] = params["name"]
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": META, **params}}
    return await post(body, {**sent, **(headers or {})})


async def call(**arguments: Any) -> tuple[bool, str]:
    """Whether the tool failed, and what it said."""
    _, answer = await ask("tools/call", name="desk", arguments=arguments)
    result = answer["result"]
    assert result["resultType"] == "complete"
    [content] = result["content"]
    return result["isError"], content["text"]


async def test_only_what_is_marked_is_a_tool(fabric: Lab) -> None:
    status, answer = await ask("tools/list")
    [tool] = answer["result"]["tools"]
    assert (status, tool["name"]) == (200, "desk")
    assert tool["description"] == "Answers about desks. For example: Is my desk free?"
    assert tool["inputSchema"]["properties"]["bot"]["enum"] == ["lab"]
    assert tool["inputSchema"]["required"] == ["text"]
    assert answer["result"]["ttlMs"] > 0


async def test_a_call_is_a_turn_and_its_conversation_goes_on(fabric: Lab) -> None:
    assert await call(text="free?") == (False, "free? for function key, 1")
    assert await call(text="free?") == (False, "free? for function key, 2")
    assert await call(text="free?", conversation="other", user="ann") == (False, "free? for ann, 1")


async def test_the_quota_of_a_person_holds(fabric: Lab) -> None:
    for _ in range(3):
        await call(text="free?", user="bob")
    assert "all your answers of today" in (await call(text="free?", user="bob"))[1]


async def test_each_call_is_on_record_without_what_was_said(fabric: Lab) -> None:
    await call(text="a secret")
    entries = [entry async for entry in audit.entries(fabric.store)]
    assert [(e.who, e.via, e.action, e.outcome) for e in entries] == [
        ("function key", "mcp", "mcp.call", audit.BEGUN),
        ("function key", "mcp", "mcp.call", audit.DONE),
    ]
    assert "a secret" not in str(entries)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "text is missing"),
        ({"text": "  "}, "text is missing"),
        ({"text": 1}, "text is no text"),
        ({"text": "x" * 20_000}, "text is no text"),
        ({"text": "x", "bot": "hr"}, "bot is one of lab"),
        ({"text": "x", "user": "u" * 300}, "user is no text"),
        ({"text": "x", "colour": "red"}, "'colour' is no argument"),
        ({"text": "down"}, "does not answer at the moment"),
    ],
)
async def test_a_bad_call_is_an_answer_that_says_what_to_do(
    fabric: Lab, arguments: dict[str, Any], said: str
) -> None:
    failed, text = await call(**arguments)
    assert failed
    assert said in text


async def test_what_a_skill_refuses_is_said(fabric: Lab) -> None:
    assert await call(text="no") == (False, "You may not know that.")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": []}, 400, -32602),
        ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": [1], "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": 5}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "resources/list"}, 404, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {}}, 400, -32602),
        (
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "secret"}},
            400,
            -32602,
        ),
        (
            {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {"name": "desk", "arguments": 1},
            },
            400,
            -32602,
        ),
        ({"jsonrpc": "2.0", "id": 1, "method": "server/discover"}, 400, -32602),
    ],
)
async def test_malformed_requests_are_told_what_is_wrong(
    fabric: Lab, body: dict[str, Any], status: int, code: int
) -> None:
    answered, answer = await post(body)
    assert (answered, answer["error"]["code"]) == (status, code)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": NaN}', b"\xff"])
async def test_what_is_no_json_object_is_refused(fabric: Lab, body: bytes) -> None:
    assert (await post(body))[0] == 400


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"mcp-method": "tools/list"}, -32020),
        ({"mcp-name": "other"}, -32020),
        ({"mcp-protocol-version": "2025-11-25"}, -32020),
    ],
)
async def test_headers_say_what_the_body_says(
    fabric: Lab, headers: dict[str, str], code: int
) -> None:
    status, answer = await ask("tools/call", headers, name="desk", arguments={"text": "x"})
    assert (status, answer["error"]["code"]) == (400, code)


async def test_a_revision_that_is_not_served_is_told_which_is(fabric: Lab) -> None:
    meta = {**META, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": meta}}
    sent = {"mcp-protocol-version": "2099-01-01", "mcp-method": "ping"}
    status, answer = await post(body, sent)
    assert (status, answer["error"]["code"]) == (400, -32022)
    assert answer["error"]["data"] == {"supported": ["2026-07-28"], "requested": "2099-01-01"}


async def test_older_clients_shake_hands_first(fabric: Lab) -> None:
    body = {"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": {}}
    for asked, given in (("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")):
        body["params"] = {"protocolVersion": asked}
        status, answer = await post(body)
        assert (status, answer["result"]["protocolVersion"]) == (200, given)
    assert await post({"jsonrpc": "2.0", "method": "notifications/initialized"}) == (202, {})
    _, answer = await post({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
    assert set(answer["result"]) == {"tools"}


async def test_a_token_narrows_to_its_departments(fabric: Lab) -> None:
    ours = bearer(fabric.settings, Role.OPERATOR, "Research")
    others = bearer(fabric.settings, Role.OPERATOR, "HR")
    assert len((await ask("tools/list", ours))[1]["result"]["tools"]) == 1
    assert (await ask("tools/list", others))[1]["result"]["tools"] == []
    auditor = bearer(fabric.settings, Role.AUDITOR, "Research")
    assert (await ask("tools/list", auditor))[0] == 403
    assert (await ask("tools/list", {"authorization": "Bearer x"}))[0] == 401
