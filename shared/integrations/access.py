"""What a backend knows a caller by: a key, a token of the app's identity, or of a person."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from shared.errors import PermanentError, Unavailable
from shared.manifest.backends import Declaration

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

TOKEN_TIMEOUT = 5.0


class Opener(Protocol):
    """Gives the headers that open a backend."""

    async def headers(self, bearer: str = "") -> dict[str, str]: ...


class Access:
    """The header that opens a backend. The credential is asked for, and made, by need."""

    def __init__(
        self, declared: Declaration, credential: "Callable[[], AsyncTokenCredential]"
    ) -> None:
        self._declared, self._credential = declared, credential

    async def headers(self, bearer: str = "") -> dict[str, str]:
        """Return them; `bearer` is the token of the person in whose name a call is.

        Raises Unavailable when there is no token, PermanentError for a call in nobody's name.
        """
        declared = self._declared
        if declared.auth == "user":
            if not bearer:
                raise PermanentError(
                    "backend_without_person",
                    'auth = "user" in the backends file: call it by turn.on_behalf_of(...)',
                )
            return {"Authorization": f"Bearer {bearer}"}
        if declared.scope:
            token = await own_token(self._credential, declared.scope)
            return {"Authorization": f"Bearer {token}"}
        if not declared.key:
            return {}
        bare = declared.key_header.casefold() == "authorization" and " " not in declared.key
        return {declared.key_header: f"Bearer {declared.key}" if bare else declared.key}


async def own_token(
    credential: "Callable[[], AsyncTokenCredential]", scope: str, *, of: str = ""
) -> str:
    """A token of the app's own identity; `of` says what it opens. Raises Unavailable."""
    from azure.core.exceptions import AzureError

    try:
        async with asyncio.timeout(TOKEN_TIMEOUT):
            return (await credential().get_token(scope)).token
    except (AzureError, TimeoutError) as error:
        what = f"{of}, {scope}" if of else scope
        raise Unavailable(f"no token for {what} ({type(error).__name__})") from error
