"""The machine the figures are from, as far as it matters for them."""

import os
import platform
from pathlib import Path
from time import perf_counter


def describe() -> str:
    """CPU, cores, Python and system in one line."""
    model = platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return (
        f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{platform.system()} {platform.release().partition('-')[0]}"
    )


def fsync_seconds(folder: Path, count: int = 200) -> list[float]:
    """How long it takes to append 4 KiB to a file there and have it on the disk."""
    path, times = folder / "fsync", []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for _ in range(count):
            started = perf_counter()
            os.write(file, bytes(4096))
            os.fsync(file)
            times.append(perf_counter() - started)
    finally:
        os.close(file)
        path.unlink()
    return times
