#!/bin/bash
# Who asks for a blob only if it has changed (`match_condition=MatchConditions.IfModified`) and is answered that it has not (304
# ConditionNotMet) gets a ResourceModifiedError: the opposite by name, and not the ResourceNotModifiedError that azure-core has for a
# 304. It is the same type as for a 412, so only `status_code` tells "nothing new" from "somebody else wrote it".
# azure-storage-blob 12.31.1, azure-core 1.41.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-storage-blob==12.31.1 azure-core==1.41.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotModifiedError
from azure.storage.blob import BlobClient

ANSWERS = {"if-none-match": 304, "if-match": 412}


class Unchanged(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = next(name for name in ANSWERS if self.headers[name])
        self.send_response(ANSWERS[asked])
        self.send_header("x-ms-error-code", "ConditionNotMet")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Unchanged)
threading.Thread(target=server.serve_forever, daemon=True).start()
blob = BlobClient.from_blob_url(f"http://127.0.0.1:{server.server_port}/account/container/blob", retry_total=0)
found = {}
for condition in (MatchConditions.IfModified, MatchConditions.IfNotModified):
    try:
        blob.download_blob(etag='"1"', match_condition=condition)
    except HttpResponseError as error:
        found[error.status_code] = error
        print(f"{condition.name}: {error.status_code} is {type(error).__name__}")
server.shutdown()
as_found = {status: type(error).__name__ for status, error in found.items()} == {
    304: "ResourceModifiedError",
    412: "ResourceModifiedError",
} and not isinstance(found[304], ResourceNotModifiedError)
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
