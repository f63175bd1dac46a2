"""`python -m stand_ins.crm --port 7081`: the CRM; its faults are switched on the next port."""

import argparse
import asyncio

from stand_ins.crm.server import KEY, CrmServer
from stand_ins.server import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stand_ins.crm", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--key", default=KEY, help=f"the bearer key it asks for ({KEY})")
    given = parser.parse_args()
    asyncio.run(run(CrmServer(given.port, key=given.key)))
