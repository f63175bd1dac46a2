"""An app's folder, written and compiled: the same checkout gives the same bytes."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from packing.plan import Plan
from shared.errors import ConfigurationError

SITE = "/home/site/wwwroot"
"""Where the files lie in the cloud: what a traceback names."""

EPOCH_SECONDS = 315_532_800
"""1980-01-01, the first date that a zip file can hold."""

MARK = ".packed"
"""Stands in a folder that packing made, and may make again."""

_COMPILE = """
import py_compile, sys
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for line in sys.stdin.read().splitlines():
    file, site = line.split("\\t")
    py_compile.compile(file, dfile=site, doraise=True, optimize=0, invalidation_mode=mode)
"""


@dataclass(frozen=True, slots=True)
class Packed:
    """`digest` is over every path and its content: equal digests are equal folders."""

    app: str
    folder: str
    skills: tuple[str, ...]
    files: int
    bytes: int
    digest: str


def write(plan: Plan, folder: Path) -> Packed:
    """Make the folder anew. Raises ConfigurationError when it holds what was not packed."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARK).exists():
            raise ConfigurationError(f"{folder} holds other things; name a folder that may be lost")
        shutil.rmtree(folder)
    for place, source in plan.copied.items():
        _put(folder / place, source.read_bytes())
    for place, content in plan.written.items():
        _put(folder / place, content)
    _put(folder / MARK, b"")
    _compile(folder)
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (EPOCH_SECONDS, EPOCH_SECONDS))
    return _packed(plan, folder)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o644)


def _compile(folder: Path) -> None:
    """Compile for this Python, in a process of its own, so that nothing loaded here shows in it."""
    sources = sorted(folder.rglob("*.py"))
    lines = [f"{path}\t{SITE}/{path.relative_to(folder).as_posix()}" for path in sources]
    result = subprocess.run(  # noqa: S603 -- this interpreter, this program
        [sys.executable, "-I", "-c", _COMPILE],
        input="\n".join(lines),
        env={"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise ConfigurationError(f"does not compile: {result.stderr.strip().splitlines()[-1]}")


def _packed(plan: Plan, folder: Path) -> Packed:
    digest, count, size = hashlib.sha256(), 0, 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        place = path.relative_to(folder).as_posix()
        digest.update(f"{place}\0{len(content)}\0".encode() + content)
        count, size = count + 1, size + len(content)
    app = plan.app
    return Packed(app.name, str(folder), app.skills, count, size, f"sha256:{digest.hexdigest()}")
