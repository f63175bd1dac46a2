"""The official clients of the Model Context Protocol use a skill of a running host."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

JAVASCRIPT = Path(__file__).with_name("mcp")


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
async def test_the_official_client_lists_and_calls_a_skill(host: str, mode: str) -> None:
    from mcp import Client
    from mcp.types import TextContent

    async with Client(f"{host}/api/mcp", mode=mode) as client:
        [tool] = (await client.list_tools()).tools
        assert tool.name == "echo"
        assert tool.input_schema["properties"]["bot"]["enum"] == ["echo", "second"]
        result = await client.call_tool("echo", {"bot": "second", "text": "hello"})
        assert not result.is_error
        assert result.content == [TextContent(type="text", text="echo: hello")]
        refused = await client.call_tool("echo", {"text": "hello"})
        assert refused.is_error
        assert refused.content == [TextContent(type="text", text="bot is one of echo, second")]


@pytest.fixture(scope="module")
def javascript(
    host: str, needs: Callable[[str], str], node_modules: Callable[[Path], Path]
) -> dict[str, Any]:
    """What the client for JavaScript saw."""
    node_modules(JAVASCRIPT)
    result = subprocess.run(
        [needs("node"), "client.js", f"{host}/api/mcp"],
        cwd=JAVASCRIPT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    seen: dict[str, Any] = json.loads(result.stdout)
    return seen


def test_the_client_for_javascript_lists_a_skill(javascript: dict[str, Any]) -> None:
    [tool] = javascript["tools"]
    assert javascript["server"]["name"] == "bot-fabric"
    assert (tool["name"], tool["inputSchema"]["required"]) == ("echo", ["text", "bot"])


def test_the_client_for_javascript_calls_a_skill(javascript: dict[str, Any]) -> None:
    said = [{"type": "text", "text": "echo: hello"}]
    assert (javascript["called"]["content"], javascript["called"]["isError"]) == (said, False)
    assert javascript["refused"]["isError"]
    assert javascript["unknown"] == -32602
