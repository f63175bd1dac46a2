"""The workflow and the emulators that it starts, as far as they can be checked without running."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.messaging.servicebus.bus import ServiceBusBus

ROOT = Path(__file__).parents[3]
GITHUB = ROOT / ".github"
WORKFLOW = GITHUB / "workflows" / "ci.yml"
GOLDEN = ROOT / "tests" / "e2e" / "golden" / "bindings_servicebus.json"
CHECKOUT = "actions/checkout@"

Json = dict[str, Any]


def run(tool: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(Path(sys.executable).parent / tool), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def schema_errors(schema: str, path: Path) -> str:
    result = run("check-jsonschema", "--builtin-schema", schema, path)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def security_findings(path: Path) -> str:
    result = run("zizmor", "--offline", "--no-config", "--quiet", path)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def changed(folder: Path, before: str, after: str) -> Path:
    text = WORKFLOW.read_text()
    assert before in text
    path = folder / "ci.yml"
    path.write_text(text.replace(before, after))
    return path


def test_the_workflow_is_one() -> None:
    assert schema_errors("vendor.github-workflows", WORKFLOW) == ""


def test_a_misspelt_key_is_found(tmp_path: Path) -> None:
    path = changed(tmp_path, "timeout-minutes", "timeout")
    assert "timeout" in schema_errors("vendor.github-workflows", path)


def test_the_workflow_is_safe() -> None:
    assert security_findings(WORKFLOW) == ""


@pytest.mark.parametrize(
    ("before", "after", "finding"),
    [
        (CHECKOUT + "de0fac2e4500dabe0009e67214ff5f5447ce83dd", CHECKOUT + "v6", "unpinned-uses"),
        ("persist-credentials: false", "fetch-depth: 1", "artipacked"),
        ("contents: read", "contents: write", "excessive-permissions"),
        ("bash .ci/run", "bash .ci/run ${{ github.head_ref }}", "template-injection"),
    ],
)
def test_a_risk_is_found(tmp_path: Path, before: str, after: str, finding: str) -> None:
    assert finding in security_findings(changed(tmp_path, before, after))


def test_the_emulators_are_a_compose_file() -> None:
    assert schema_errors("vendor.compose-spec", GITHUB / "emulators" / "compose.yaml") == ""


@pytest.fixture(scope="module")
def queues() -> dict[str, Json]:
    """The emulator's queues and their properties, by name."""
    config = json.loads((GITHUB / "emulators" / "servicebus.json").read_text())
    [namespace] = config["UserConfig"]["Namespaces"]
    return {queue["Name"]: queue["Properties"] for queue in namespace["Queues"]}


@pytest.fixture(scope="module")
def sessions() -> dict[str, bool]:
    """The queues of the app's functions, and whether they want sessions."""
    bindings = [binding for [binding, *_] in json.loads(GOLDEN.read_text()).values()]
    triggers = [one for one in bindings if one["type"] == "serviceBusTrigger"]
    return {one["queueName"]: one["isSessionsEnabled"] for one in triggers}


def test_the_emulator_has_the_queue_of_every_function(
    queues: dict[str, Json], sessions: dict[str, bool]
) -> None:
    assert queues.keys() == sessions.keys()


def test_sessions_are_where_the_functions_want_them(
    queues: dict[str, Json], sessions: dict[str, bool]
) -> None:
    """Event Grid fills `events` and can set the message id or the session, not both."""
    required = {name: queue["RequiresSession"] for name, queue in queues.items()}
    assert required == sessions


def test_what_the_broker_gives_up_is_forwarded(queues: dict[str, Json]) -> None:
    for name, queue in queues.items():
        forward = None if name == "dead-letters" else "dead-letters"
        assert queue.get("ForwardDeadLetteredMessagesTo") == forward, name
        assert queue["MaxDeliveryCount"] == ServiceBusBus.max_deliveries, name
        assert queue["RequiresDuplicateDetection"] is (name != "dead-letters"), name
        assert queue["LockDuration"] == "PT1M", name
