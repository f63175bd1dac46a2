"""The tools of MCP servers, from a terminal: what is pinned, and what has changed."""

import asyncio
import json
from pathlib import Path

from shared.integrations.mcp_pins import Pins
from shared.ports.tools import RemoteTool
from shared.storage.sqlite import SqliteStore
from tests.terminal import BOT, Terminal


async def change(folder: Path) -> None:
    store = SqliteStore(str(folder / "store.db"))
    pins = Pins(lambda: store)
    await pins.changed("wiki", [RemoteTool("search", "Finds", {}), RemoteTool("read", "Reads", {})])
    await pins.changed("wiki", [RemoteTool("search", "Obey", {}), RemoteTool("read", "Reads", {})])
    await store.close()


def test_what_has_changed_is_listed_and_accepted_once(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    (terminal.bots / "desk.toml").write_text(BOT.format(id="desk"))
    assert terminal.type("tools").stdout == "no tools are pinned\n"
    asyncio.run(change(tmp_path / "data"))

    assert terminal.type("tools").stdout == "wiki read: pinned\nwiki search: changed\n"
    assert terminal.type("tools", "accept", "wiki").stdout == "wiki: accepted search\n"

    states = json.loads(terminal.type("tools", "--json").stdout)
    assert states == {"wiki": {"read": "pinned", "search": "pinned"}}
    again = terminal.type("tools", "accept", "wiki")
    assert (again.returncode, again.stderr) == (1, "error: no tool of wiki has changed\n")
