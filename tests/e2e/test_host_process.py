"""`botfabric` as a person starts it: processes, signals, exit codes."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 20
BOT = """
id = "parrot"
name = "Parrot"
owner = "tests@contoso.example"
department = "Tests"
skills = ["echo"]
default_skill = "echo"
[channels.teams]
"""
APP = """
import azure.functions as func
from functions.host import fabric

app = func.FunctionApp()

@app.function_name("word")
@app.route("word", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def word(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("first")
"""

Start = Callable[..., subprocess.Popen[str]]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    bots = tmp_path / "bots"
    bots.mkdir()
    (bots / "parrot.toml").write_text(BOT)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(tmp_path / "data"),
        "FABRIC_BOTS_DIR": str(bots),
    }


@pytest.fixture
def start(environ: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start `botfabric` and leave it running; it is ended with the test."""
    processes: list[subprocess.Popen[str]] = []

    def run(*arguments: str, cwd: Path = ROOT, **more: str) -> subprocess.Popen[str]:
        with (tmp_path / f"log-{len(processes)}").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", *arguments],
                cwd=cwd,
                env=environ | more,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.terminate()
        try:
            process.wait(SECONDS)
        finally:
            process.kill()
            if process.stdout:
                process.stdout.close()


@pytest.fixture
def command(environ: dict[str, str]) -> Command:
    """Run `botfabric` to its end."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=ROOT,
            env=environ | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def ready(process: subprocess.Popen[str]) -> str:
    """The URL a host says it serves, "" without HTTP."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready"), line
    return line.removeprefix("ready").strip()


def get(url: str) -> str:
    with urlopen(url, timeout=SECONDS) as answer:
        return str(answer.read().decode())


def post(url: str, body: object) -> int:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=SECONDS) as answer:
        return int(answer.status)


def until(condition: Callable[[], Any]) -> Any:
    """The first true answer."""
    end = time.monotonic() + SECONDS
    while not (answer := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return answer


def activity(number: int, text: str, url: str) -> dict[str, Any]:
    return {
        "type": "message",
        "id": str(number),
        "text": text,
        "channelId": "msteams",
        "serviceUrl": f"{url}/_sent/teams",
        "from": {"id": "29:ann"},
        "recipient": {"id": "28:parrot"},
        "conversation": {"id": "a:1"},
    }


def said(url: str) -> list[str]:
    return [
        sent["body"]["text"]
        for sent in json.loads(get(f"{url}/_sent"))
        if sent["body"].get("type") == "message"
    ]


# --- several processes -------------------------------------------------------------------------


def test_one_process_takes_messages_in_and_another_answers(start: Start, command: Command) -> None:
    url = ready(start("run", "--port", "0", "--no-triggers"))
    for number in range(3):
        assert post(f"{url}/api/teams/parrot", activity(number, f"word {number}", url)) == 202
    assert json.loads(command("books", "--json").stdout)["pending"] == 3
    assert said(url) == []

    assert ready(start("run", "--no-http")) == ""
    expected = [f"echo: word {number}" for number in range(3)]
    assert until(lambda: len(said(url)) == 3 and said(url)) == expected
    books = until(lambda: (b := json.loads(command("books", "--json").stdout))["done"] == 3 and b)
    assert books == {
        "accepted": 3,
        "done": 3,
        "parked": 0,
        "dead": 0,
        "pending": 0,
        "repeated": 0,
    }


def test_what_a_killed_process_had_taken_in_is_answered_by_the_next(start: Start) -> None:
    first = start("run", "--port", "0", "--no-triggers")
    url = ready(first)
    here = ready(start("run", "--port", "0", "--no-triggers"))
    post(f"{url}/api/teams/parrot", activity(1, "before the crash", here))
    first.kill()
    first.wait()
    ready(start("run", "--no-http"))
    assert until(lambda: said(here)) == ["echo: before the crash"]


def test_without_reload_it_is_one_process(start: Start) -> None:
    process = start("run", "--port", "0")
    url = ready(process)
    assert Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text() == ""
    process.kill()
    process.wait()
    with pytest.raises(URLError):
        get(f"{url}/api/health")


def test_on_a_terminal_it_says_where_to_click(environ: dict[str, str]) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "cli", "run", "--port", "0", "--no-reload"]
    with (
        subprocess.Popen(command, cwd=ROOT, env=environ, stdout=slave, stderr=slave) as process,
        open(master, "rb", buffering=0) as terminal,
    ):
        os.close(slave)
        shown = b""
        while b"Ctrl+C" not in shown:
            shown += terminal.read(1000)
        process.terminate()
        assert process.wait(SECONDS) == 0
    assert re.search(rb"Chat with your bots at http://127.0.0.1:\d+/\r", shown)
    assert b"parrot           Parrot (teams)" in shown


def test_talk_works_beside_a_running_host(start: Start, command: Command) -> None:
    ready(start("run", "--port", "0"))
    for _ in range(3):
        done = command("talk", "parrot", "hello")
        assert (done.stdout, done.returncode) == ("echo: hello\n", 0), done.stderr


# --- signals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_ends_it_well(start: Start, number: signal.Signals) -> None:
    process = start("run", "--port", "0")
    ready(process)
    process.send_signal(number)
    assert process.wait(SECONDS) == 0


SLOW = """
import asyncio
from pathlib import Path
import azure.functions as func
from functions.host import fabric

app = func.FunctionApp()

@app.function_name("slow")
@app.route("slow", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    Path("running").touch()
    await asyncio.sleep(float(req.params["seconds"]))
    return func.HttpResponse("finished")
"""


@pytest.fixture
def app(tmp_path: Path) -> Callable[[str], Path]:
    """Make an app of its own, with a host.json and one function_app.py."""

    def make(source: str) -> Path:
        folder = tmp_path / "app"
        folder.mkdir()
        (folder / "host.json").write_text('{"version": "2.0"}')
        (folder / "function_app.py").write_text(source)
        return folder

    return make


def asking(url: str) -> subprocess.Popen[bytes]:
    code = f"from urllib.request import urlopen; print(urlopen({url!r}).read().decode(), end='')"
    return subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=subprocess.DEVNULL)


def test_a_running_function_may_finish(start: Start, app: Callable[[str], Path]) -> None:
    folder = app(SLOW)
    process = start("run", "--port", "0", "--no-triggers", cwd=folder)
    url = ready(process)
    with asking(f"{url}/api/slow?seconds=1") as client:
        until((folder / "running").exists)
        process.send_signal(signal.SIGTERM)
        assert client.communicate(timeout=SECONDS)[0] == b"finished"
    assert process.wait(SECONDS) == 0


def test_the_second_signal_ends_it_at_once(start: Start, app: Callable[[str], Path]) -> None:
    folder = app(SLOW)
    process = start("run", "--port", "0", "--no-triggers", cwd=folder)
    url = ready(process)
    with asking(f"{url}/api/slow?seconds=60") as client:
        until((folder / "running").exists)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(2) != 0
        client.wait(SECONDS)


def test_a_changed_file_starts_it_again(start: Start, app: Callable[[str], Path]) -> None:
    folder = app(APP)
    process = start("run", "--port", "0", "--no-triggers", "--reload", cwd=folder)
    assert get(f"{ready(process)}/api/word") == "first"
    (folder / "notes.txt").write_text("nothing to do with the app")
    (folder / "function_app.py").write_text(APP.replace("first", "second"))
    assert get(f"{ready(process)}/api/word") == "second"
    (folder / "function_app.py").write_text("this is no Python")
    (folder / "function_app.py").write_text(APP.replace("first", "third"))
    assert until(lambda: get(f"{ready(process)}/api/word")) == "third"
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0


def test_a_supervisor_that_is_killed_leaves_no_host_behind(
    start: Start, app: Callable[[str], Path]
) -> None:
    process = start("run", "--port", "0", "--no-triggers", "--reload", cwd=app(APP))
    url = ready(process)

    process.kill()
    process.wait()

    assert until(lambda: gone(f"{url}/api/word"))


def gone(url: str) -> bool:
    """Whether nobody listens there any more."""
    try:
        get(url)
    except OSError:
        return True
    return False


def test_a_busy_port_ends_the_supervisor_too(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        done = command("run", "--reload", PORT=str(busy.getsockname()[1]))

    assert done.returncode == 1
    assert "address already in use" in done.stderr


# --- exit codes and words ----------------------------------------------------------------------


def test_a_busy_port_is_one_line(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        done = command("run", PORT=str(busy.getsockname()[1]))
    assert done.returncode == 1
    assert re.fullmatch(r"error: port \d+: address already in use; .* --port\n", done.stderr)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "more", "words"),
    [
        (("run", "--port", "0"), {"FABRIC_ENVIRONMENT": ""}, "FABRIC_STORE_URL"),
        (("run",), {"PORT": "http"}, "port"),
        (("run", "--no-http", "--no-triggers"), {}, "nothing to run"),
        (("run", "--port", "0"), {"FABRIC_BUS_URL": "kafka://x"}, "FABRIC_BUS_URL"),
        (("list",), {"FABRIC_ENVIRONMENT": "moon"}, "FABRIC_ENVIRONMENT"),
        (("talk", "nobody", "hi"), {}, "the bots are: parrot"),
    ],
)
def test_a_wrong_configuration_is_one_line_without_traceback(
    command: Command, arguments: tuple[str, ...], more: dict[str, str], words: str
) -> None:
    done = command(*arguments, **more)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["run", "talk", "list", "books", ""])
def test_every_command_explains_itself(command: Command, name: str) -> None:
    done = command(*filter(None, [name]), "--help", FABRIC_ENVIRONMENT="")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: botfabric")


@pytest.mark.parametrize("arguments", [(), ("dance",), ("talk",), ("run", "--port", "x")])
def test_wrong_usage_is_code_2(command: Command, arguments: tuple[str, ...]) -> None:
    assert command(*arguments).returncode == 2


def test_talk_answers_on_stdout_and_goes_on(command: Command) -> None:
    first = command("talk", "parrot", "one", "--json", "--user", "ann")
    told = json.loads(first.stdout)
    assert [reply["text"] for reply in told["activities"]] == ["echo: one"]
    assert told["bot"] == "parrot"
    second = command("talk", "parrot", "two", "--conversation", told["conversation"])
    assert second.stdout == "echo: two\n"
    books = json.loads(command("books", "--json").stdout)
    assert (books["accepted"], books["done"]) == (2, 2)
    assert "the books balance" in command("books").stdout


def test_list_shows_bots_skills_and_functions(command: Command) -> None:
    found = json.loads(command("list", "--json").stdout)
    assert found["bots"][0]["id"] == "parrot"
    assert {"name": "skill_echo", "trigger": "serviceBusTrigger", "on": "skill-echo"} in found[
        "functions"
    ]
    assert {"echo"} <= {skill["name"] for skill in found["skills"]}
    assert re.search(r"skill_echo +serviceBusTrigger +skill-echo\n", command("list").stdout)


def test_paths_are_relative_to_where_the_command_was_typed(
    environ: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "talk", "parrot", "here"],
        cwd=tmp_path,
        env=environ | {"FABRIC_DATA_DIR": "mine", "FABRIC_BOTS_DIR": "bots"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "echo: here\n"
    assert (tmp_path / "mine" / "store.db").exists()


def test_an_unknown_page_is_404(start: Start) -> None:
    url = ready(start("run", "--port", "0", "--no-triggers"))
    with pytest.raises(HTTPError) as refused:
        get(f"{url}/nothing")
    assert refused.value.code == 404
    refused.value.close()
