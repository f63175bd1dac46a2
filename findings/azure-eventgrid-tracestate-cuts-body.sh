#!/bin/bash
# With OpenTelemetry's tracing on, the asynchronous Event Grid publisher writes the trace into its events
# after the request's length was set, and sends the old length: the body is cut and is JSON no more.
# It happens only to a trace that has a `tracestate`, such as one that a gateway began; without one the
# events get no `traceparent` at all. The synchronous publisher works out the length anew.
# azure-eventgrid 4.22.1, azure-core 1.41.0, opentelemetry-sdk 1.45.2, aiohttp 3.14.5.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-eventgrid==4.22.1 azure-core==1.41.0 \
  opentelemetry-sdk==1.45.2 aiohttp==3.14.5 requests==2.34.2
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from azure.core.credentials import AzureKeyCredential
from azure.core.messaging import CloudEvent
from azure.core.settings import settings
from azure.eventgrid import EventGridPublisherClient
from azure.eventgrid.aio import EventGridPublisherClient as AsyncPublisher
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider

received: list[str] = []


class Topic(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            received.append("traced" if "traceparent" in json.loads(body)[0] else "not traced")
        except ValueError:
            received.append("cut")
        self.send_response(200)
        self.send_header("content-length", "0")
        self.send_header("connection", "close")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


async def publish_async() -> None:
    async with AsyncPublisher(url, key, retry_total=0) as publisher:
        await publisher.send(event)


def publish() -> None:
    with EventGridPublisherClient(url, key, retry_total=0) as publisher:
        publisher.send(event)


def begun_elsewhere(state: trace.TraceState | None) -> context.Context:
    came = trace.SpanContext(0xA1, 0xB2, True, trace.TraceFlags(1), state)
    return trace.set_span_in_context(trace.NonRecordingSpan(came))


server = ThreadingHTTPServer(("127.0.0.1", 0), Topic)
threading.Thread(target=server.serve_forever, daemon=True).start()
url, key = f"http://127.0.0.1:{server.server_port}/api/events", AzureKeyCredential("key")
event = CloudEvent(source="/rooms", type="room.booked", data={"room": 7})
trace.set_tracer_provider(TracerProvider())
settings.tracing_enabled = True
settings.tracing_implementation = "opentelemetry"

for state in (None, trace.TraceState([("gateway", "1")])):
    for how in (publish, lambda: asyncio.run(publish_async())):
        with trace.get_tracer("turns").start_as_current_span("turn", begun_elsewhere(state)):
            how()
found = dict(zip(("sync", "async", "sync, tracestate", "async, tracestate"), received, strict=True))
print(found)
as_found = received == ["not traced", "not traced", "traced", "cut"]
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
