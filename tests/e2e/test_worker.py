"""Microsoft's own Python worker code indexes and invokes every function.

The code is PyPI's azure-functions-runtime, which Azure serves from Python 3.13 on; for 3.11 and
3.12 it is a close proxy of the older worker there.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.worker import DRIVER, FOLDER, install
from cli.function import Function
from cli.routes import Routes
from cli.timers import seconds_until_next
from shared.activity import Activity, ConversationReference
from shared.event import ACTIVITY, Event
from shared.settings import Settings
from tests.golden import golden as bindings
from tests.operators import bearer

ROOT = Path(__file__).parents[2]
SCHEMES = {"sqlite": "servicebus", "servicebus": "servicebus", "storagequeue": "storagequeue"}
"""The golden list of each bus; the embedded one has the semantics of Service Bus."""

Worker = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def runtime() -> Path:
    """The worker code, installed once into an ignored folder of the checkout."""
    if missing := install():
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return FOLDER


@pytest.fixture
def scheme() -> str:
    """The bus of the app under test; a test of all of them parametrizes it."""
    return "sqlite"


@pytest.fixture
def golden(scheme: str) -> dict[str, Any]:
    """The bindings of every function, by name."""
    return bindings(SCHEMES[scheme])


@pytest.fixture
def worker(runtime: Path, tmp_path: Path, scheme: str) -> Worker:
    """Start the worker on this app; returns what it indexed and what the invocations returned."""
    environ = {
        **environment(scheme),
        "FABRIC_DATA_DIR": str(tmp_path),
        "FABRIC_WHATSAPP_APP_SECRET": "app-secret",
        "FABRIC_WHATSAPP_VERIFY_TOKEN": "verify-me",
        "FABRIC_WHATSAPP_ACCESS_TOKEN": "access-token",
        "FABRIC_TEAMS_SERVICE_HOSTS": "127.0.0.1:9",
    }

    def run(*invocations: dict[str, Any], **settings: str) -> dict[str, Any]:
        result = subprocess.run(
            [sys.executable, str(DRIVER), str(ROOT), str(runtime)],
            input=json.dumps(invocations),
            env={**environ, **settings},
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0, result.stderr
        answer: dict[str, Any] = json.loads(result.stdout)
        assert "error" not in answer, answer["error"]
        for one in answer["results"]:
            assert "error" not in one, one["error"]
        return answer

    return run


def environment(scheme: str) -> dict[str, str]:
    """The settings that choose a bus. Nothing listens there: what is tried needs no broker."""
    urls = {
        "servicebus": "servicebus://contoso.servicebus.windows.net",
        "storagequeue": "storagequeue://contoso",
    }
    bus = {"FABRIC_BUS_URL": urls[scheme]} if scheme in urls else {}
    return {"FABRIC_ENVIRONMENT": "local", "PATH": os.environ["PATH"], **bus}


def http(function: str, method: str, **request: Any) -> dict[str, Any]:
    return {"function": function, "input": {"http": {"method": method, **request}}}


def message(function: str, body: str) -> dict[str, Any]:
    """A Service Bus message as the extension sends it: strings and JSON in the metadata."""
    metadata = {
        "MessageId": {"string": "m1"},
        "SessionId": {"string": "s1"},
        "DeliveryCount": {"json": "1"},
        "EnqueuedTimeUtc": {"string": "2026-01-02T03:04:05.678Z"},
        "ApplicationProperties": {"json": "{}"},
        "UserProperties": {"json": "{}"},
    }
    return {"function": function, "input": {"string": body}, "metadata": metadata}


def sent_from(message: dict[str, Any], position: str) -> dict[str, Any]:
    """The message as an SDK sends it that is told to trace."""
    properties = {"json": json.dumps({"traceparent": position})}
    named = {"ApplicationProperties": properties, "UserProperties": properties}
    return {**message, "metadata": {**message["metadata"], **named}}


def queue_message(function: str, body: str) -> dict[str, Any]:
    """A Storage Queue message as the extension sends it."""
    metadata = {
        "Id": {"string": "m1"},
        "DequeueCount": {"json": "1"},
        "PopReceipt": {"string": "r"},
        "InsertionTime": {"json": '"2026-01-02T03:04:05+00:00"'},
    }
    return {"function": function, "input": {"string": body}, "metadata": metadata}


def arrival(text: str, traceparent: str = "") -> str:
    reference = ConversationReference("helpdesk", "web", "c1", user="ann")
    activity = Activity(type="message", id="1", text=text)
    return Event(
        id="e1",
        type=ACTIVITY,
        data={"activity": activity, "reference": reference.to_dict()},
        bot="helpdesk",
        conversation=reference.key,
        origin="e1",
        traceparent=traceparent,
    ).to_json()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_function_is_indexed_with_its_binding(worker: Worker, golden: dict[str, Any]) -> None:
    """After a wanted change, copy what the worker says into the golden file."""
    assert worker()["bindings"] == golden


@pytest.fixture
def functions(golden: dict[str, Any]) -> dict[str, Function]:
    return {name: Function(name, bindings[0], lambda: None) for name, bindings in golden.items()}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_host_would_accept_every_route_and_schedule(functions: dict[str, Function]) -> None:
    """The worker indexes duplicate and reserved routes and a bogus cron; only the host does not."""
    Routes([one for one in functions.values() if one.type == "httpTrigger"])
    for one in functions.values():
        if one.type == "timerTrigger":
            assert seconds_until_next(one.target, datetime.now(UTC)) > 0


def test_health_answers(worker: Worker) -> None:
    [answer] = worker(http("health", "GET"))["results"]
    assert answer["status"] == 200
    assert answer["headers"]["content-type"] == "application/json"
    assert json.loads(answer["body"])["status"] == "ok"


def test_teams_takes_a_message(worker: Worker) -> None:
    activity = {
        "type": "message",
        "id": "1",
        "text": "hello",
        "channelId": "msteams",
        "serviceUrl": "http://127.0.0.1:9/teams",
        "from": {"id": "29:ann"},
        "recipient": {"id": "28:helpdesk"},
        "conversation": {"id": "a:1"},
    }
    call = http(
        "teams",
        "POST",
        params={"bot": "helpdesk"},
        headers={"host": "localhost:7071", "content-type": "application/json"},
        body=json.dumps(activity),
    )
    [answer] = worker(call)["results"]
    assert answer["status"] == 202


def test_whatsapp_shakes_hands(worker: Worker) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": "verify-me",
        "hub.challenge": "1158201444",
    }
    right = http("whatsapp", "GET", query=query)
    wrong = http("whatsapp", "GET", query={**query, "hub.verify_token": "guess"})
    first, second = worker(right, wrong)["results"]
    assert (first["status"], first["body"]) == (200, "1158201444")
    assert second["status"] == 403


def test_the_web_opens_a_conversation(worker: Worker) -> None:
    call = http(
        "directline_generate",
        "POST",
        headers={"origin": "http://localhost:7071", "content-type": "application/json"},
        body=json.dumps({"bot": "helpdesk", "user": {"id": "dl_ann"}}),
    )
    [answer] = worker(call)["results"]
    assert answer["status"] == 200
    assert json.loads(answer["body"])["token"]


def test_operators_are_answered(worker: Worker, tmp_path: Path, scheme: str) -> None:
    environ = {**environment(scheme), "FABRIC_DATA_DIR": str(tmp_path)}
    proof = {"headers": bearer(Settings.from_environ(environ))}
    every = json.dumps({"all": True})
    calls = [
        http("dead_letters_list", "GET", query={"bot": "helpdesk"}, **proof),
        http("dead_letters_show", "GET", params={"id": "none"}, **proof),
        http("dead_letters_redrive", "POST", body=every, **proof),
        http("dead_letters_discard", "POST", body=every, **proof),
        http("stop", "POST", body=json.dumps({"bot": "helpdesk"}), **proof),
        http("stopped", "GET", **proof),
        http("start", "POST", body=json.dumps({"bot": "helpdesk"}), **proof),
    ]
    answers = worker(*calls)["results"]
    assert [answer["status"] for answer in answers] == [200, 404, 200, 200, 200, 200, 200]
    assert json.loads(answers[0]["body"]) == {"dead_letters": [], "total": 0}
    [stopped] = json.loads(answers[5]["body"])["stopped"]
    assert (stopped["kind"], stopped["name"]) == ("bot", "helpdesk")
    assert json.loads(answers[6]["body"]) == {"stopped": []}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_queue_function_runs(worker: Worker, golden: dict[str, Any], scheme: str) -> None:
    """Each also takes what is no event at all: it is put on record, not raised."""
    type = "queueTrigger" if scheme == "storagequeue" else "serviceBusTrigger"
    made = queue_message if scheme == "storagequeue" else message
    queues = [name for name, (one, *_) in golden.items() if one["type"] == type]
    assert len(queues) > 8
    done = worker(
        made("skill_echo", arrival("hello")), *(made(name, "no event") for name in queues)
    )
    assert done["results"] == [{}] * (len(queues) + 1)


def test_the_timer_and_the_event_function_run(worker: Worker) -> None:
    grid = {"id": "1", "eventType": "x.made", "subject": "s", "data": {"n": 1}, "topic": "/t"}
    cloud = {"id": "2", "specversion": "1.0", "type": "x.made", "source": "/s", "data": {"n": 1}}
    done = worker(
        {"function": "outbox_sweep", "input": {"json": json.dumps({"IsPastDue": False})}},
        {"function": "events_grid", "input": {"json": json.dumps(grid)}},
        {"function": "events_grid", "input": {"json": json.dumps(cloud)}},
    )
    assert done["results"] == [{}] * 3


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_local_host_sees_what_the_worker_sees(
    functions: dict[str, Function], scheme: str
) -> None:
    code = (
        "import json; from cli.function import load_functions; "
        "print(json.dumps({f.name: f.trigger for f in load_functions()}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(scheme),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(result.stdout) == {name: one.trigger for name, one in functions.items()}


TRACED = {"PYTHON_ENABLE_OPENTELEMETRY": "true", "FABRIC_TRACES": "opentelemetry"}
HOST, OURS = f"00-{'a' * 32}-{'b' * 16}-01", f"00-{'c' * 32}-{'d' * 16}-01"


def above(spans: list[dict[str, Any]]) -> dict[str, str]:
    """What each span is a child of: another's name, or an id from outside."""
    by_id = {span["id"]: span["name"] for span in spans}
    return {span["name"]: by_id.get(span["parent"], span["parent"]) for span in spans}


def test_a_webhook_is_below_the_invocation_of_the_host(worker: Worker) -> None:
    call = http(
        "directline_generate",
        "POST",
        headers={"origin": "http://localhost:7071", "content-type": "application/json"},
        body=json.dumps({"bot": "helpdesk", "user": {"id": "dl_ann"}}),
    )
    spans = worker({**call, "traceparent": HOST}, **TRACED)["spans"]

    assert {span["trace"] for span in spans} == {"a" * 32}
    assert above(spans)["directline_generate"] == "b" * 16


@pytest.mark.parametrize("scheme", ["sqlite", "storagequeue"])
def test_a_turn_stays_in_its_trace_and_is_linked_to_the_invocation(
    worker: Worker, scheme: str
) -> None:
    made = queue_message if scheme == "storagequeue" else message
    call = made("skill_echo", arrival("hello", traceparent=OURS))
    spans = worker({**call, "traceparent": HOST}, **TRACED)["spans"]

    assert {span["trace"] for span in spans} == {"c" * 32}
    parents = above(spans)
    assert parents["receive skill-echo"] == "d" * 16
    assert parents["turn echo"] == "receive skill-echo"
    assert parents["commit"] == "turn echo"
    [received] = [span for span in spans if span["name"] == "receive skill-echo"]
    assert received["links"] == ["a" * 32]


def test_an_invocation_that_goes_on_with_our_trace_is_between(worker: Worker) -> None:
    call = message("skill_echo", arrival("hello", traceparent=f"00-{'a' * 32}-{'d' * 16}-01"))
    spans = worker({**call, "traceparent": HOST}, **TRACED)["spans"]

    assert above(spans)["receive skill-echo"] == "b" * 16
    assert {link for span in spans for link in span["links"]} == set()


def test_the_position_of_a_message_counts_where_its_event_has_none(worker: Worker) -> None:
    spans = worker(sent_from(message("skill_echo", arrival("hello")), OURS), **TRACED)["spans"]

    assert {span["trace"] for span in spans} == {"c" * 32}
    assert above(spans)["receive skill-echo"] == "d" * 16
