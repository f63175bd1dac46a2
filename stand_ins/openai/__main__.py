"""`python -m stand_ins.openai --port 0`: chat completions and embeddings."""

import argparse
import asyncio

from stand_ins.openai.server import KEY, OpenAIServer
from stand_ins.server import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stand_ins.openai", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--key", default=KEY, help=f"the key it asks for ({KEY})")
    given = parser.parse_args()
    asyncio.run(run(OpenAIServer(given.port, key=given.key)))
