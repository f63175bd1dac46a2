"""The peers: each an echo bot, in a virtual environment of its own under `.cache/peers`."""

import subprocess
import sys
from pathlib import Path

from bench.connector import APP_ID, Connector
from bench.process import BotProcess

HERE = Path(__file__).parent
VENVS = HERE.parents[1] / ".cache" / "peers"
TITLES = {"agents": "Microsoft 365 Agents SDK 1.9.0", "botbuilder": "botbuilder-python 4.17.1"}


def install() -> None:
    """Make the environments that are not there yet, from the pinned requirements."""
    for name, title in TITLES.items():
        venv, requirements = VENVS / name, HERE / f"{name}.txt"
        stamp = venv / "requirements.txt"
        if not stamp.exists() or stamp.read_bytes() != requirements.read_bytes():
            print(f"installing {title}", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
            python = str(venv / "bin" / "python")
            pip = [python, "-m", "pip", "install", "--quiet", "--requirement", str(requirements)]
            subprocess.run(pip, check=True)
            stamp.write_bytes(requirements.read_bytes())


def start(name: str, connector: Connector, log: Path) -> BotProcess:
    python, script = VENVS / name / "bin" / "python", HERE / f"echo_{name}.py"
    return BotProcess([str(python), str(script), connector.url, APP_ID], log)
