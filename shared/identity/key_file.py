"""The public keys of an issuer on this machine, read from a file: no server has to run for them."""

import json
from pathlib import Path

from shared.errors import Unavailable
from shared.identity.openid_keys import SigningKey, signing_keys


class KeyFile:
    """A JSON Web Key Set with the member `issuer` beside `keys`; read again when it changes."""

    def __init__(self, path: Path) -> None:
        self.issuer = ""
        self._path = path
        self._keys: dict[str, SigningKey] = {}
        self._stamp: tuple[int, int] | None = None

    async def find(self, kid: str) -> SigningKey | None:
        """Return the key of that id; None when there is none, or no file.

        Raises Unavailable for a file that is no key set.
        """
        try:
            status = self._path.stat()
            stamp = status.st_mtime_ns, status.st_size
            if stamp != self._stamp:
                document = json.loads(self._path.read_bytes())
                self._keys, self.issuer = signing_keys(document), str(document["issuer"])
                self._stamp = stamp
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable(f"{self._path.name}: {type(error).__name__}") from error
        return self._keys.get(kid)
