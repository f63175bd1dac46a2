#!/bin/bash
# A Service Bus message that says its `traceparent` itself leaves with two of them while OpenTelemetry's
# plugin for the Azure SDK is in use. The SDK adds its own unless there is one, but looks for the name
# as bytes, and an application writes text. On the wire both are the same key, which AMQP does not allow
# in a map; read by the SDK the later one, its own, is left. The caller's message object is changed too.
# A property written under b"traceparent" is left alone.
# azure-servicebus 7.15.0, azure-core 1.41.0, azure-core-tracing-opentelemetry 1.0.0b13,
# opentelemetry-sdk 1.45.2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-servicebus==7.15.0 azure-core==1.41.0 \
  azure-core-tracing-opentelemetry==1.0.0b13 opentelemetry-sdk==1.45.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from azure.core.settings import settings
from azure.servicebus import ServiceBusMessage, ServiceBusMessageBatch
from azure.servicebus._pyamqp._decode import decode_payload
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

OURS = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
trace.set_tracer_provider(TracerProvider())
settings.tracing_implementation = "opentelemetry"


def sent(name: str | bytes) -> tuple[int, bool, int]:
    """How often the name is on the wire, whether ours is what is read, names the message has now."""
    message, batch = ServiceBusMessage("hello", application_properties={name: OURS}), ServiceBusMessageBatch(2000)
    with trace.get_tracer("turns").start_as_current_span("turn"):
        batch.add_message(message)
    wire = bytes(batch._message[5][0])
    read = decode_payload(memoryview(wire)).application_properties
    names = [n for n in message.application_properties if n in ("traceparent", b"traceparent")]
    return wire.count(b"traceparent"), read[b"traceparent"] == OURS.encode(), len(names)


as_text, as_bytes = sent("traceparent"), sent(b"traceparent")
for kind, (wire, ours, names) in {"text": as_text, "bytes": as_bytes}.items():
    print(f"name as {kind}: {wire} on the wire, ours is read: {ours}, {names} in the message afterwards")
as_found = as_text == (2, False, 2) and as_bytes == (1, True, 1)
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
