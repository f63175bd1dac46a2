#!/bin/bash
# A transcription with no options of its own is sent without the part that the service requires.
# `TranscriptionContent(definition=TranscriptionOptions(), audio=...)` is posted as audio alone: an empty
# model is false, and the client leaves false parts out. The API documents `definition` as required, so
# detecting the language, which is what no options mean, has to be asked for with an option that says nothing.
# azure-ai-transcription 1.0.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  azure-ai-transcription==1.0.0 azure-core==1.41.0 requests==2.32.5
"$folder/venv/bin/python" - <<'PYTHON'
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from azure.ai.transcription import TranscriptionClient
from azure.ai.transcription.models import TranscriptionContent, TranscriptionOptions
from azure.core.credentials import AzureKeyCredential

parts: list[list[str]] = []


class Speech(BaseHTTPRequestHandler):
    """Notes which parts of the form came, and answers as if nothing was said."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        parts.append(sorted(re.findall(r'; name="(\w+)"', body.decode("latin-1"))))
        answer = {"durationMilliseconds": 0, "combinedPhrases": [], "phrases": []}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Speech)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = TranscriptionClient(f"http://127.0.0.1:{server.server_port}", AzureKeyCredential("a2V5"))
for options in (TranscriptionOptions(), TranscriptionOptions(profanity_filter_mode="Masked")):
    client.transcribe(TranscriptionContent(definition=options, audio=("note.ogg", b"OggS")))
print("parts without options:", parts[0])
print("parts with one, the default:", parts[1])
as_found = parts == [["audio"], ["audio", "definition"]]
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
