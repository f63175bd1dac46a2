"""`python -m stand_ins.cosmos --port 8081`: an account, empty at the start."""

import argparse
import asyncio

from stand_ins.cosmos.account import Options
from stand_ins.cosmos.server import CosmosServer
from stand_ins.server import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stand_ins.cosmos", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    add("--key", default="", help="account key (base64); without it any key is accepted")
    add("--partitions", type=int, default=3, help="physical partitions of each container")
    add("--throttle-rate", type=float, default=0.0, metavar="P", help="share of 429 answers")
    add("--retry-after-ms", type=int, default=10, help="x-ms-retry-after-ms of a 429")
    add("--seed", type=int, help="makes the 429 draws repeatable")
    given = vars(parser.parse_args())
    asyncio.run(run(CosmosServer(given.pop("port"), Options(**given))))
