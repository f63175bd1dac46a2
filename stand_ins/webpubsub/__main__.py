"""`python -m stand_ins.webpubsub --port 0 --handler URL`: one hub, and whom it tells."""

import argparse
import asyncio

from stand_ins.server import run
from stand_ins.webpubsub.server import WebPubSubServer

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stand_ins.webpubsub", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--handler", default="", metavar="URL", help="of directline_stream")
    given = parser.parse_args()
    asyncio.run(run(WebPubSubServer(given.handler, given.port)))
