"""Names that lead to public addresses only."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.media.place import is_here

if TYPE_CHECKING:
    import socket

    from aiohttp.abc import AbstractResolver, ResolveResult


class Forbidden(OSError):
    """A name leads to a private place, by any one of its addresses."""


def guarded(
    inner: "AbstractResolver", public: Callable[[str], bool], *, loopback: bool
) -> "AbstractResolver":
    """`inner`, but a name that leads anywhere private is refused; with `loopback` but this one."""
    import socket
    from ipaddress import ip_address

    from aiohttp.abc import AbstractResolver

    class Guarded(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: "socket.AddressFamily" = socket.AF_INET
        ) -> "list[ResolveResult]":
            found = await inner.resolve(host, port, family)
            here = loopback and is_here(host)
            for each in found:
                address = each["host"]
                if not (ip_address(address).is_loopback if here else public(address)):
                    raise Forbidden("a private place")
            return found

        async def close(self) -> None:
            await inner.close()

    return Guarded()
