"""`python -m stand_ins.aisearch --port 0`: indexes, documents, hybrid search."""

import argparse
import asyncio

from stand_ins.aisearch.server import KEY, SearchServer
from stand_ins.server import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stand_ins.aisearch", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--key", default=KEY, help=f"the key it asks for ({KEY})")
    given = parser.parse_args()
    asyncio.run(run(SearchServer(given.port, key=given.key)))
