"""`python -m stand_ins.eventgrid --port 0 --deliver URL`: a topic with one webhook."""

import argparse
import asyncio

from stand_ins.eventgrid.server import EventGridServer
from stand_ins.eventgrid.subscriptions import WebhookSubscription
from stand_ins.server import run


async def main(port: int, url: str) -> None:
    webhook = WebhookSubscription(url)
    await run(EventGridServer(webhook.deliver, port, close=webhook.close))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stand_ins.eventgrid", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--deliver", required=True, metavar="URL", help="of the webhook")
    given = parser.parse_args()
    asyncio.run(main(given.port, given.deliver))
