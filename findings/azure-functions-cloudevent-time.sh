#!/bin/sh
# A CloudEvent whose time has an offset, as RFC 3339 allows, cannot be read by the Event Grid
# trigger: the invocation fails before the function's first line. `Z` and `+00:00` work.
# azure-functions 1.26.0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" azure-functions==1.26.0
PYTHONPATH=$folder python3 - <<'PYTHON'
import json
import sys

from azure.functions.eventgrid import EventGridEventInConverter
from azure.functions.meta import Datum


def read(time: str) -> str:
    event = {"specversion": "1.0", "id": "1", "source": "/erp", "type": "order.placed", "time": time}
    try:
        EventGridEventInConverter.decode(Datum(json.dumps(event), "json"), trigger_metadata={})
    except ValueError as error:
        return type(error).__name__
    return "read"


found = {zone: read(f"2026-11-01T10:00:00{zone}") for zone in ("Z", "+00:00", "+02:00")}
print(found)
as_found = found == {"Z": "read", "+00:00": "read", "+02:00": "ValueError"}
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
