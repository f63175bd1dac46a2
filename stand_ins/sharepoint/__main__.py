"""`python -m stand_ins.sharepoint --port 7082`: one library, `documents`, from a folder."""

import argparse
import asyncio
from pathlib import Path

from stand_ins.server import run
from stand_ins.sharepoint.drive import Drive
from stand_ins.sharepoint.server import SharePointServer

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stand_ins.sharepoint", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    parser.add_argument("folder", type=Path, help="whose documents are in the library")
    given = parser.parse_args()
    drive = Drive()
    for path in sorted(given.folder.rglob("*")):
        if path.is_file():
            drive.put(path.relative_to(given.folder).as_posix(), path.read_bytes())
    asyncio.run(run(SharePointServer(given.port, {"documents": drive})))
