"""`python -m stand_ins.entra --port 7087`: people sign in here instead of with Entra ID."""

import argparse
import asyncio

from stand_ins.entra.server import EntraServer
from stand_ins.server import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stand_ins.entra", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    asyncio.run(run(EntraServer(port=parser.parse_args().port)))
