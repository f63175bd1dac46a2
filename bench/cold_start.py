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

_LOADED = "import function_app, json, sys; print(json.dumps(sorted(sys.modules)))"


@dataclass(frozen=True)
class ColdStart:
    """CPU in milliseconds; `loaded` names what of HEAVY and NOTED the app imports."""

    bare_ms: float
    base_ms: float
    app_ms: float
    modules: int
    loaded: Sequence[str]

    @property
    def ratio(self) -> float:
        return self.app_ms / self.base_ms


def cold_start(rounds: int = 11) -> ColdStart:
    """Each side in turn, `rounds` times, compiled; the sample bots, FABRIC_ENVIRONMENT=local."""
    with tempfile.TemporaryDirectory() as data:
        environ = {**os.environ, "FABRIC_ENVIRONMENT": "local", "FABRIC_DATA_DIR": data}
        sides: dict[str, list[float]] = {
            "pass": [],
            "import azure.functions": [],
            "import function_app": [],
        }
        modules = _modules(environ)
        for code in sides:
            _cpu_ms(code, environ)
        for _ in range(rounds):
            for code, times in sides.items():
                times.append(_cpu_ms(code, environ))
    loaded = [name for name in HEAVY + NOTED if name in modules]
    bare, base, app = (median(times) for times in sides.values())
    return ColdStart(bare, base, app, len(modules), loaded)


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
