"""`botfabric simulate` as a skill author starts it, beside a real host."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOT = """
id = "parrot"
name = "Parrot"
owner = "tests@contoso.example"
department = "Tests"
skills = ["echo"]
default_skill = "echo"
[channels.teams]
app_id = "2f1c0e5a-1111-4222-8333-444455550000"
tenant_id = "6f0f3c1e-2222-4333-8444-5555aaaa0000"
client_secret = "made-up"
[channels.whatsapp]
phone_number_id = "100000000000042"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Author:
    """A person with two terminals: a host in one, `simulate` in the other."""

    def __init__(self, folder: Path) -> None:
        bots = folder / "bots"
        bots.mkdir()
        (bots / "parrot.toml").write_text(BOT)
        self.ports = {"teams": free_port(), "whatsapp": free_port()}
        teams = f"127.0.0.1:{self.ports['teams']}"
        self._environ = {
            **{name: v for name, v in os.environ.items() if not name.startswith("FABRIC_")},
            "FABRIC_ENVIRONMENT": "local",
            "FABRIC_DATA_DIR": str(folder / "data"),
            "FABRIC_BOTS_DIR": str(bots),
            "FABRIC_TEAMS_OPENID_URL": f"http://{teams}/openid",
            "FABRIC_TEAMS_TOKEN_URL": f"http://{teams}/{{tenant}}/oauth2/v2.0/token",
            "FABRIC_TEAMS_SERVICE_HOSTS": teams,
            "FABRIC_WHATSAPP_APP_SECRET": "new-secret,old-secret",
            "FABRIC_WHATSAPP_VERIFY_TOKEN": "verify-me",
            "FABRIC_WHATSAPP_ACCESS_TOKEN": "access-me",
            "FABRIC_WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{self.ports['whatsapp']}/v24.0",
        }
        self.url = ""

    def start(self, log: Path) -> subprocess.Popen[str]:
        with log.open("w") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", "run", "--port", "0", "--no-reload"],
                cwd=ROOT,
                env=self._environ,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert process.stdout is not None
        ready = process.stdout.readline().split()
        assert ready[:1] == ["ready"], log.read_text()[-2000:]
        self.url = ready[1]
        return process

    def simulate(
        self, service: str, *options: str, typed: str = "", url: str = ""
    ) -> subprocess.CompletedProcess[str]:
        port = str(self.ports[service])
        fixed = [service, "--bot", "parrot", "--url", url or self.url, "--port", port]
        return subprocess.run(
            [sys.executable, "-m", "cli", "simulate", *fixed, *options],
            cwd=ROOT,
            env=self._environ,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Author]:
    folder = tmp_path_factory.mktemp("author")
    author = Author(folder)
    process = author.start(folder / "log")
    with process:
        yield author
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("service", ["teams", "whatsapp"])
def test_it_says_where_it_is_and_what_the_bot_answers(author: Author, service: str) -> None:
    result = author.simulate(service, "--say", "hello", "--say", "bye", "--quiet", "0.1")

    assert result.returncode == 0, result.stderr
    ready, *rest = result.stdout.splitlines()
    assert ready == f"ready http://127.0.0.1:{author.ports[service]}"
    assert all(line.startswith(f"FABRIC_{service.upper()}_") for line in rest[:3])
    assert rest[-4:] == ["> hello", "< echo: hello", "> bye", "< echo: bye"]


def test_a_script_comes_from_stdin_and_faults_do_not_stop_it(author: Author) -> None:
    result = author.simulate(
        *("teams", "--fault", "429:0.3", "--fault", "copy:1", "--seed", "5", "--json"),
        *("--quiet", "0.1"),
        typed="one\n\ntwo\nthree\n",
    )

    assert result.returncode == 0, result.stderr
    body = json.loads(result.stdout)
    assert [turn["answers"] for turn in body["turns"]] == [
        ["echo: one"],
        ["echo: two"],
        ["echo: three"],
    ]
    assert body["struck"]["copy"] == 3


def test_a_message_without_an_answer_is_a_failure(author: Author) -> None:
    result = author.simulate(
        *("whatsapp", "--say", "hello", "--fault", "131047:1", "--timeout", "2", "--json")
    )

    assert result.returncode == 1
    body = json.loads(result.stdout)
    assert body["turns"] == [{"said": "hello", "status": 200, "answers": []}]
    assert body["answered"] == {"131047": 1}


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (["--fault", "nonsense:1"], 2, "nonsense"),
        (["--bot", "nobody"], 2, "parrot"),
        (["--url", "http://127.0.0.1:9", "--timeout", "0.2"], 1, "no host"),
    ],
)
def test_a_mistake_is_one_line(author: Author, options: list[str], code: int, word: str) -> None:
    result = author.simulate("teams", "--say", "hello", *options)

    assert result.returncode == code
    assert word in result.stderr
    assert len(result.stderr.splitlines()) == 1
