"""`botfabric simulate` as a skill author starts it, beside a real host."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
OPEN = """
id = "parrot"
name = "Parrot"
owner = "tests@contoso.example"
department = "Tests"
skills = ["echo"]
default_skill = "echo"
[channels.whatsapp]
phone_number_id = "100000000000042"
[channels.teams]
"""
BOT = f"""{OPEN}
app_id = "2f1c0e5a-1111-4222-8333-444455550000"
tenant_id = "6f0f3c1e-2222-4333-8444-5555aaaa0000"
client_secret = "made-up"
"""


class Author:
    """A person with two terminals: a host in one, `simulate` in the other."""

    def __init__(self, folder: Path, bot: str) -> None:
        bots = folder / "bots"
        bots.mkdir()
        (bots / "parrot.toml").write_text(bot)
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
    yield from hosted(tmp_path_factory.mktemp("author"), BOT)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Author]:
    """With a host that has nothing left to send from other tests."""
    yield from hosted(tmp_path, OPEN)


def hosted(folder: Path, bot: str) -> Iterator[Author]:
    author = Author(folder, bot)
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
    [turn] = body["turns"]
    assert (turn["said"], turn["status"], turn["answers"]) == ("hello", 200, [])
    assert body["answered"] == {"131047": 1}


@pytest.mark.parametrize("service", ["teams", "whatsapp"])
def test_a_repeat_is_shown_as_one_and_answers_nothing(alone: Author, service: str) -> None:
    """Each is taken and not confirmed: the first comes again and again, the second never."""
    result = alone.simulate(
        *(service, "--fault", "lost:1", "--timeout", "3", "--say", "one", "--say", "two")
    )

    assert result.returncode == 1
    shown = [line for line in result.stdout.splitlines() if line[:2] in ("> ", "< ", "! ")]
    assert shown[:4] == ["> one", "< echo: one", "> two", "< echo: one (again)"]
    assert shown[-1].startswith("! no answer")
    assert set(shown[4:-1]) <= {"< echo: one (again)"}


@pytest.mark.parametrize("service", ["teams", "whatsapp"])
def test_an_answer_that_comes_after_its_time_is_not_that_of_the_next(
    alone: Author, service: str
) -> None:
    """The channel takes the first after 4 seconds, when the second has been said."""
    result = alone.simulate(
        *(service, "--fault", "slow:0.5:4", "--seed", "1", "--timeout", "3"),
        *("--say", "one", "--say", "two", "--json"),
    )

    assert result.returncode == 1
    first, second = json.loads(result.stdout)["turns"]
    assert (first["answers"], first["late"]) == ([], [])
    assert (second["answers"], second["late"]) == (["echo: two"], ["echo: one"])


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (["--fault", "nonsense:1"], 2, "nonsense"),
        (["--bot", "nobody"], 2, "parrot"),
        (["--fault", "429:1:-2"], 2, "write 0 or more"),
        (["--url", "http://127.0.0.1:9", "--timeout", "0.2"], 1, "no host"),
    ],
)
def test_a_mistake_is_one_line(author: Author, options: list[str], code: int, word: str) -> None:
    result = author.simulate("teams", "--say", "hello", *options)

    assert result.returncode == code
    assert word in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("user", ["notaphone", "", "316-555", "٣١٦٥٥٥٠١"])
def test_on_whatsapp_a_person_is_a_phone_number(author: Author, user: str) -> None:
    result = author.simulate("whatsapp", "--say", "hello", "--user", user)

    assert result.returncode == 2
    assert "31655501001" in result.stderr


def test_who_says_nothing_is_told_so(author: Author) -> None:
    result = author.simulate("teams", typed="\n")

    assert result.returncode == 2
    assert result.stderr == "error: nothing was said; write --say TEXT, or lines on stdin\n"


@pytest.mark.parametrize(
    "options",
    [("--timeout", "0"), ("--timeout", "-1"), ("--timeout", "nan"), ("--quiet", "-0.1")],
    ids=" ".join,
)
def test_a_time_that_is_none_is_refused(author: Author, options: tuple[str, str]) -> None:
    result = author.simulate("teams", "--say", "hello", *options)

    assert (result.returncode, result.stdout) == (2, "")
    assert "write a number of seconds" in result.stderr.splitlines()[-1]
