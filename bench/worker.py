"""Microsoft's own Python worker code, installed once into an ignored folder of the checkout."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNTIME = "azure-functions-runtime==1.3.0"
FOLDER = ROOT / ".cache" / "worker"
DRIVER = ROOT / "tests" / "e2e" / "worker_driver.py"


def install() -> str:
    """Install it unless it is there; return why that cannot be, "" when it is there."""
    if (FOLDER / "azure_functions_runtime-1.3.0.dist-info").exists():
        return ""
    # It says that it wants 3.13, and runs on the others too.
    uv = [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--no-deps"]
    result = subprocess.run(
        [*map(str, uv), "--python-version", "3.13", "--target", str(FOLDER), RUNTIME],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return f"{RUNTIME} cannot be installed: {result.stderr[-300:]}" if result.returncode else ""
