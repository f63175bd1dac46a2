"""What a cold start costs: CPU of a fresh process that imports the app, and what it loads."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

HEAVY = (
    *("openai", "azure.cosmos", "azure.identity", "azure.servicebus", "azure.eventgrid"),
    *("azure.monitor", "numpy"),
)
"""Never at a cold start."""

NOTED = ("aiohttp", "jwt", "cryptography", "pydantic", "sqlite3")
"""Worth a look."""

AZURE = {
    "FABRIC_BUS_URL": "servicebus://contoso.servicebus.windows.net",
    "FABRIC_STORE_URL": "cosmos://contoso.documents.azure.com/fabric",
    "FABRIC_EVENTS_URL": "eventgrid://contoso.eventgrid.azure.net/api/events",
    "FABRIC_AI_URL": "azure-openai://contoso.openai.azure.com",
}
"""Nothing is opened at a cold start, so nothing has to be there."""

_LOADED = "import function_app, json, sys; print(json.dumps(sorted(sys.modules)))"


@dataclass(frozen=True)
class ColdStart:
    """CPU in milliseconds; `loaded` names what of HEAVY and NOTED the app imports."""

    bare_ms: float
    base_ms: float
    app_ms: float
    azure_ms: float
    modules: int
    loaded: Sequence[str]

    @property
    def ratio(self) -> float:
        return self.app_ms / self.base_ms

    @property
    def azure_ratio(self) -> float:
        """With Azure's services configured instead of the embedded ones."""
        return self.azure_ms / self.base_ms


def cold_start(rounds: int = 11) -> ColdStart:
    """Each side in turn, `rounds` times, compiled; the sample bots, FABRIC_ENVIRONMENT=local."""
    with tempfile.TemporaryDirectory() as data:
        environ = {**os.environ, "FABRIC_ENVIRONMENT": "local", "FABRIC_DATA_DIR": data}
        sides = (
            ("pass", environ),
            ("import azure.functions", environ),
            ("import function_app", environ),
            ("import function_app", environ | AZURE),
        )
        modules = _modules(environ | AZURE)
        for code, where in sides:
            _cpu_ms(code, where)
        rows = [[_cpu_ms(code, where) for code, where in sides] for _ in range(rounds)]
    loaded = [name for name in HEAVY + NOTED if name in modules]
    bare, base, app, azure = (median(times) for times in zip(*rows, strict=True))
    return ColdStart(bare, base, app, azure, len(modules), loaded)


def _modules(environ: dict[str, str]) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", _LOADED], env=environ, stdout=subprocess.PIPE, check=True
    )
    return set(json.loads(run.stdout))


def _cpu_ms(code: str, environ: dict[str, str]) -> float:
    """User and system time of a whole process."""
    process = subprocess.Popen([sys.executable, "-c", code], env=environ)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"python -c {code!r} exits with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000
