#!/bin/bash
# The client's `timeout` bounds an attempt, not the pauses between them, and a `Retry-After` is believed
# up to two minutes: with a timeout of 1 s and the client's own two retries a call that is told to wait
# 3 s each time ends after 6 s (and after 4 minutes when told 120). Told 121 s it is not tried again and
# fails at once, so that the busier the service says it is, the sooner the call ends.
# openai 3.57.0, httpx2 2.16.2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openai==3.57.0 httpx2==2.16.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import time

import httpx2
import openai

TIMEOUT_SECONDS = 1


def call(wait: int) -> tuple[int, float]:
    """How often a call reaches a service that is too busy, and how long it takes."""
    reached = []

    def busy(request: httpx2.Request) -> httpx2.Response:
        reached.append(request)
        return httpx2.Response(429, headers={"retry-after": str(wait)}, json={"error": {}})

    transport = httpx2.Client(transport=httpx2.MockTransport(busy))
    client = openai.OpenAI(
        api_key="key", base_url="http://models/v1", timeout=TIMEOUT_SECONDS, http_client=transport
    )
    began = time.monotonic()
    try:
        client.models.list()
    except openai.RateLimitError:
        return len(reached), time.monotonic() - began
    raise AssertionError("a busy service answered")


(often, patient), (once, at_once) = call(3), call(121)
print(f"Retry-After: 3 -> {often} attempts in {patient:.1f} s with a timeout of {TIMEOUT_SECONDS} s")
print(f"Retry-After: 121 -> {once} attempt in {at_once:.1f} s")
as_found = often == 3 and patient >= 6 and once == 1 and at_once < 3
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
