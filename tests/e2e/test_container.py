"""The image's start command on a packed app, with its locked requirements and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import worker
from packing.folder import write
from packing.plan import declared_apps, plan

ROOT = Path(__file__).parents[2]
START = ROOT / "infra" / "container" / "start.sh"
DOCKERFILE = ROOT / "infra" / "container" / "Dockerfile"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    (folder / "apps.toml").write_text('[[app]]\nname = "parrot"\nskills = ["echo"]\n')
    app = declared_apps(ROOT, folder / "apps.toml")["parrot"]
    write(plan(ROOT, app), folder / "parrot")
    return folder / "parrot"


@pytest.fixture(scope="module")
def clean(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile installs: the packed requirements by their hashes, and nothing else."""
    folder, uv = tmp_path_factory.mktemp("clean"), Path(sys.executable).with_name("uv")
    python = folder / "venv" / "bin" / "python"
    install = [uv, "pip", "install", "--quiet", "--python", python, "--no-deps"]
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"],
        [*install, "--require-hashes", "--requirement", app / "requirements.txt"],
    ):
        done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return python.parent


def started(
    app: Path, clean: Path, *command: object, said: str = "", **environ: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", str(START), *map(str, command)],
        env={
            "PATH": f"{clean}{os.pathsep}/usr/bin:/bin",
            "AzureWebJobsScriptRoot": str(app),
            "FABRIC_ENVIRONMENT": "local",
            **environ,
        },
        input=said,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_becomes_the_host_that_indexes_the_app(app: Path, clean: Path, tmp_path: Path) -> None:
    if missing := worker.install():
        pytest.fail(missing)
    health = {"function": "health", "input": {"http": {"method": "GET"}}}
    driver = (clean / "python", worker.DRIVER, app, worker.FOLDER)

    done = started(
        app, clean, *driver, said=json.dumps([health]), FABRIC_DATA_DIR=str(tmp_path / "data")
    )

    assert done.returncode == 0, done.stderr
    first, answer = done.stdout.splitlines()
    assert first.startswith("3 functions, ")
    told = json.loads(answer)
    assert set(told["bindings"]) == {"health", "skill_echo", "skill_echo_http"}
    assert told["results"][0]["status"] == 200


def test_what_is_set_wrong_stops_it_with_one_line(app: Path, clean: Path) -> None:
    done = started(app, clean, "echo", "never", FABRIC_ENVIRONMENT="cloud")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: FABRIC_STORE_URL is not set; write one of ")
    assert len(done.stderr.splitlines()) == 1


def test_the_image_starts_by_this_script() -> None:
    lines = DOCKERFILE.read_text().splitlines()

    assert 'ENTRYPOINT ["/bin/sh", "/opt/start.sh"]' in lines
    assert "COPY --from=start start.sh /opt/start.sh" in lines
    assert "USER 1000" in lines
