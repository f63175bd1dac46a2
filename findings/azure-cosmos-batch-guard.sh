#!/bin/bash
# A guarded replace in a transactional batch is guarded once only. `execute_item_batch` takes the etag
# out of the list it is given, so trying again with the same list, once the SDK has given up on a 429 say,
# overwrites whatever is there by then. Neither call says so.
# azure-cosmos 4.17.1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-cosmos==4.17.1 azure-core==1.41.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from azure.cosmos import CosmosClient

batches: list[list[dict[str, object]]] = []


class Account(BaseHTTPRequestHandler):
    """As much of an account as one batch needs."""

    def do_GET(self) -> None:
        here = [{"name": "here", "databaseAccountEndpoint": url}]
        if self.path == "/":
            self.answer({"id": "a", "writableLocations": here, "readableLocations": here})
        elif "pkranges" in self.path:
            self.answer({"PartitionKeyRanges": [{"id": "0", "minInclusive": "", "maxExclusive": "FF"}]})
        else:
            key = {"paths": ["/owner"], "kind": "Hash", "version": 2}
            self.answer({"id": "c", "_rid": "AAAAAAAAAAA=", "partitionKey": key})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        batches.append(body)
        self.answer([{"statusCode": 200, "resourceBody": {}} for _ in body])

    def answer(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Account)
url = f"http://127.0.0.1:{server.server_port}/"
threading.Thread(target=server.serve_forever, daemon=True).start()

container = CosmosClient(url, "a2V5").get_database_client("d").get_container_client("c")
replace = ("replace", ("room", {"id": "room", "owner": "ann"}), {"if_match_etag": '"7"'})
operations = [replace]
for _ in range(2):
    container.execute_item_batch(operations, "ann")
guards = [batch[0].get("ifMatch") for batch in batches]
print("ifMatch sent by the first and the second call:", guards)
print("what is left of the list:", operations)
as_found = guards == ['"7"', None] and operations[0][2] == {}
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
