"""Real processes for the end-to-end suites: the local host, and the clients that talk to it."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START_SECONDS = 30
INSTALL_SECONDS = 300
WEB_CHAT = "botframework-webchat@4.18.1"
_BOT = """
id = "{id}"
name = "{name}"
owner = "tests@contoso.example"
department = "Tests"
skills = ["echo"]
default_skill = "echo"
[channels.teams]
[channels.web]
origins = []
"""


def missing(reason: str) -> None:
    """Skip at home; fail where everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def needs() -> Callable[[str], str]:
    """`needs("npm")` is the path of a program that must be there."""

    def path(program: str) -> str:
        found = shutil.which(program)
        if found is None:
            missing(f"{program} is not installed")
        return found or ""

    return path


@pytest.fixture(scope="session")
def node_modules(needs: Callable[[str], str]) -> Callable[[Path], Path]:
    """Install what a folder's package.json pins, once; returns its node_modules."""

    def install(folder: Path) -> Path:
        npm, installed = needs("npm"), folder / "node_modules"
        manifest, done = (folder / "package.json").read_text(), installed / ".installed"
        if done.is_file() and done.read_text() == manifest:
            return installed
        quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        result = subprocess.run(
            [npm, "install", *quiet],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
        if result.returncode:
            missing(f"npm could not install {folder.name}: {result.stderr[-400:]}")
        done.write_text(manifest)
        return installed

    return install


@pytest.fixture(scope="session")
def web_chat(needs: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Microsoft's Web Chat, as pages load it; of its package only that file is wanted."""
    npm, place = needs("npm"), ROOT / "tests" / "e2e" / "web" / "node_modules" / WEB_CHAT
    bundle = place / "webchat.js"
    if not bundle.is_file():
        folder = tmp_path_factory.mktemp("webchat")
        result = subprocess.run(
            [npm, "pack", "--silent", WEB_CHAT],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
        if result.returncode:
            missing(f"npm could not fetch {WEB_CHAT}: {result.stderr[-400:]}")
        [packed] = folder.glob("*.tgz")
        with tarfile.open(packed) as archive:
            content = archive.extractfile("package/dist/webchat.js")
            assert content is not None
            place.mkdir(parents=True, exist_ok=True)
            bundle.write_bytes(content.read())
    return bundle


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a local host with the bots `echo` and `second`, both on the echo skill."""
    folder = tmp_path_factory.mktemp("host")
    bots = folder / "bots"
    bots.mkdir()
    for id, name in (("echo", "Echo"), ("second", "Second")):
        (bots / f"{id}.toml").write_text(_BOT.format(id=id, name=name))
    with running(folder, FABRIC_BOTS_DIR=str(bots)) as url:
        yield url


@pytest.fixture(scope="module")
def contoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a local host with the bots of this project."""
    with running(tmp_path_factory.mktemp("contoso")) as url:
        yield url


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[str]:
    """A local host that keeps its data in `folder`; its URL."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FABRIC_")},
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(folder / "data"),
        **settings,
    }
    log = folder / "log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "cli", "run", "--port", "0", "--no-reload"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            ready = process.stdout.readline().split()
            assert ready[:1] == ["ready"], f"the host did not start: {log.read_text()[-2000:]}"
            yield ready[1]
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)
