"""The official client of the Model Context Protocol uses a skill of a running host."""

import pytest
from mcp import Client
from mcp.types import TextContent


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
async def test_the_official_client_lists_and_calls_a_skill(host: str, mode: str) -> None:
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
