#!/bin/bash
# A blob that may be created once is refused as already there, though nobody else wrote it and the SDK's
# retries are off. When a kept connection is closed before the answer, aiohttp sends a PUT or DELETE a
# second time by itself, with no word of it in the log, and what the caller gets is the answer to the
# second: a 409 from the blob that the first has made. A POST is not repeated.
# azure-storage-blob 12.31.1, azure-core 1.41.0, aiohttp 3.14.5.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check azure-storage-blob==12.31.1 azure-core==1.41.0 \
  aiohttp==3.14.5
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import sys

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob.aio import ContainerClient

CREATED = (
    b'HTTP/1.1 201 Created\r\netag: "1"\r\n'
    b"last-modified: Sun, 01 Nov 2026 10:00:00 GMT\r\ncontent-length: 0\r\n\r\n"
)
EXISTS = b"HTTP/1.1 409 Conflict\r\nx-ms-error-code: BlobAlreadyExists\r\ncontent-length: 0\r\n\r\n"
stored: set[str] = set()
requests: list[str] = []


async def account(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Keep each blob, but hang up instead of answering when the first `answer-lost` is written."""
    try:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            verb, path, _ = head.split(" ", 2)
            sizes = [line for line in head.lower().splitlines() if line.startswith("content-length:")]
            await reader.readexactly(int(sizes[0].split(":")[1]))
            is_new = path not in stored
            stored.add(path)
            requests.append(f"{verb} {path.rpartition('/')[2]}: {'stored' if is_new else 'refused'}")
            if is_new and path.endswith("answer-lost"):
                break
            writer.write(CREATED if is_new else EXISTS)
    except asyncio.IncompleteReadError:
        pass
    writer.close()


async def main() -> bool:
    server = await asyncio.start_server(account, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/account/claims"
    raised = ""
    async with ContainerClient.from_container_url(url, retry_total=0) as claims:
        await claims.upload_blob("first", b"opens the connection")
        try:
            await claims.upload_blob("answer-lost", b"written once by us", overwrite=False)
        except ResourceExistsError as error:
            raised = type(error).__name__
    print("seen by the service:", requests)
    print("raised to the caller:", raised or "nothing")
    lost = ["PUT answer-lost: stored", "PUT answer-lost: refused"]
    return requests == ["PUT first: stored", *lost] and raised == "ResourceExistsError"


as_found = asyncio.run(main())
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
