"""Addresses that open one file for a while: signed, so that nobody can make one up.

`/api/files/<conversation>/<file>?until=<Unix time>&sig=<HMAC-SHA256>`. The key is made once for a
store and stays in it.
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256

from shared.errors import Conflict, Rejected
from shared.ports.store import FOR_EVER, Create, Store

PARTITION, SIGNER = "files", "signer"
_UNTIL = re.compile(r"[0-9]{1,11}")
_CONVERSATION = re.compile(r"[A-Za-z0-9._-]{1,128}")
_FILE = re.compile(r"[0-9a-f]{32}")


class Links:
    """Makes them and checks them."""

    def __init__(self, store: Store, base: str, clock: Callable[[], float]) -> None:
        self._store, self._base, self._clock = store, base, clock
        self._key = b""

    async def link(self, conversation: str, file: str, seconds: float) -> str:
        until = int(self._clock() + seconds)
        signed = await self._signature(conversation, file, until)
        return f"{self._base}/api/files/{conversation}/{file}?until={until}&sig={signed}"

    async def check(self, conversation: str, file: str, until: str, signature: str) -> None:
        """Raises Rejected: 404 for one that was never made, 410 for one whose time is over."""
        well_formed = (
            _CONVERSATION.fullmatch(conversation)
            and _FILE.fullmatch(file)
            and _UNTIL.fullmatch(until)
        )
        if not well_formed:
            raise Rejected(404, "file_link")
        expected = await self._signature(conversation, file, int(until))
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise Rejected(404, "file_link_signature")
        if int(until) < self._clock():
            raise Rejected(410, "file_link_expired")

    async def _signature(self, conversation: str, file: str, until: int) -> str:
        text = f"{conversation}\n{file}\n{until}".encode()
        digest = hmac.new(await self._signer(), text, sha256).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")

    async def _signer(self) -> bytes:
        if not self._key:
            made = Create(SIGNER, {"key": secrets.token_hex(32)}, ttl=FOR_EVER)
            item = await self._store.get(PARTITION, SIGNER)
            if item is None:
                try:
                    await self._store.write(PARTITION, made)
                except Conflict:
                    item = await self._store.get(PARTITION, SIGNER)
            self._key = bytes.fromhex(str((item.body if item else made.body)["key"]))
        return self._key
