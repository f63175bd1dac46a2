"""A cold start of a packed app of one skill beside an empty app, both in Microsoft's own worker.

Each side is a fresh process that imports the worker, indexes the app and ends; its CPU is counted.
Source of the worker: PyPI's azure-functions-runtime, which Azure serves from Python 3.13 on.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import worker
from packing.folder import write
from packing.plan import declared_apps, plan

ROOT = Path(__file__).parents[1]
APPS = '[[app]]\nname = "single"\nskills = ["echo"]\n'
EMPTY = """
import azure.functions as func

app = func.FunctionApp()


@app.function_name("nothing")
@app.route("nothing", auth_level=func.AuthLevel.ANONYMOUS)
def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("")
"""


@dataclass(frozen=True)
class PackedStart:
    """CPU in milliseconds, each the median of its rounds."""

    empty_ms: float
    packed_ms: float
    functions: int

    @property
    def ratio(self) -> float:
        return self.packed_ms / self.empty_ms


def packed_start(rounds: int = 11) -> PackedStart:
    """Both sides in turn, `rounds` times, compiled, with Azure's services configured."""
    if missing := worker.install():
        raise RuntimeError(missing)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        single, empty = _packed(folder), _empty(folder)
        functions = _started(single, folder)[1]
        _started(empty, folder)
        rows = [(_started(empty, folder)[0], _started(single, folder)[0]) for _ in range(rounds)]
    empty_ms, packed_ms = (median(times) for times in zip(*rows, strict=True))
    return PackedStart(empty_ms, packed_ms, functions)


def _packed(folder: Path) -> Path:
    (folder / "apps.toml").write_text(APPS)
    app = declared_apps(ROOT, folder / "apps.toml")["single"]
    write(plan(ROOT, app), folder / "single")
    return folder / "single"


def _empty(folder: Path) -> Path:
    path = folder / "empty"
    path.mkdir()
    (path / "function_app.py").write_text(EMPTY)
    (path / "host.json").write_text('{"version": "2.0"}')
    return path


def _started(app: Path, folder: Path) -> tuple[float, int]:
    """CPU of a worker that indexes the app, in milliseconds, and how many functions it found."""
    environ = {
        "PATH": os.environ["PATH"],
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(folder / "data"),
        "FABRIC_BUS_URL": "servicebus://contoso.servicebus.windows.net",
        "FABRIC_STORE_URL": "cosmos://contoso.documents.azure.com/fabric",
        "FABRIC_EVENTS_URL": "eventgrid://contoso.eventgrid.azure.net/api/events",
        "FABRIC_AI_URL": "azure-openai://contoso.openai.azure.com",
    }
    with (folder / "answer").open("w+") as answer:
        process = subprocess.Popen(
            [sys.executable, str(worker.DRIVER), str(app), str(worker.FOLDER)],
            stdin=subprocess.PIPE,
            stdout=answer,
            env=environ,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write("[]")
        process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        answer.seek(0)
        told = json.load(answer)
    if process.returncode or "error" in told:
        raise RuntimeError(f"the worker on {app.name}: {told}")
    return (usage.ru_utime + usage.ru_stime) * 1000, len(told["bindings"])
