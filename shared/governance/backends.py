"""Which systems a bot may call, and how: what its manifest grants, and nothing else.

[backends]
crm = ["read", "iban"]      # reads, and sees what the CRM guards under that name
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.bot import Bot
from shared.errors import ConfigurationError, PermanentError
from shared.ports.backend import Backend, BackendError, Call

READ, WRITE = "read", "write"
_READING = frozenset({"GET", "HEAD"})


class NotGranted(PermanentError):
    """The manifest of the bot does not let it call a backend so."""

    def __init__(self, bot: str, backend: str, right: str) -> None:
        super().__init__(
            "backend_not_granted",
            f'bots/{bot}.toml: [backends] does not let it {right}; write {backend} = ["{right}"]',
        )


class Witness(Protocol):
    """Takes down what a bot read or was denied; a denial is on record when it returns."""

    async def denied(self, backend: str, operation: str, policy: str) -> None: ...

    def read(self, backend: str, operation: str, policy: str) -> None: ...


@dataclass(slots=True)
class GrantedBackend:
    """A backend as one bot may use it; what the backend guards is cut from its answers."""

    name: str
    backend: Backend
    bot: str
    rights: Sequence[str]
    guarded: frozenset[str]
    witness: Witness

    async def call(self, call: Call) -> Any:
        """Raises NotGranted, and what the backend does."""
        right = READ if call.method in _READING else WRITE
        policy = f"bots/{self.bot}.toml: [backends] {self.name}"
        if right not in self.rights:
            await self.witness.denied(self.name, call.operation, policy)
            raise NotGranted(self.bot, self.name, right)
        shut = self.guarded.difference(self.rights)
        try:
            answer = await self.backend.call(call)
        except BackendError as error:
            error.answer = without(error.answer, shut)
            raise
        if right == READ:
            self.witness.read(self.name, call.operation, policy)
        return without(answer, shut)

    async def check(self) -> str:
        return await self.backend.check()

    async def close(self) -> None:
        await self.backend.close()


def granted(
    bot: Bot,
    backends: Mapping[str, Backend],
    guarded: Mapping[str, frozenset[str]],
    witness: Witness,
    *,
    local: bool,
) -> dict[str, Backend]:
    """The backends as a bot may use them; `guarded` are the fields of each that is declared.

    A manifest without `[backends]` grants everything on a laptop, and nothing in the cloud.
    """
    found: dict[str, Backend] = {}
    for name, backend in backends.items():
        if name not in guarded or (bot.backends is None and local):
            found[name] = backend  # the platform's own, or a bot that is being written
            continue
        rights = (bot.backends or {}).get(name, ())
        found[name] = GrantedBackend(name, backend, bot.id, rights, guarded[name], witness)
    return found


def check_rights(bot: Bot, guarded: Mapping[str, Sequence[str]], manifest: str) -> None:
    """Raises ConfigurationError for a backend that is not there, or a right that it does not know.

    `guarded` are the fields of each backend there is, `manifest` is the bot's file.
    """
    for name, rights in (bot.backends or {}).items():
        if name not in guarded:
            raise ConfigurationError(
                f"{manifest}: backends.{name}: there is no such backend; declare it in "
                f"backends.toml, or write one of {_quoted(sorted(guarded))}"
            )
        known = [READ, WRITE, *guarded[name]]
        for right in rights:
            if right not in known:
                raise ConfigurationError(
                    f'{manifest}: backends.{name}: "{right}" is no right; write some of '
                    f"{_quoted(known)}"
                )


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def without(answer: Any, fields: frozenset[str]) -> Any:
    """An answer without these members, however deep they are."""
    if not fields:
        return answer
    match answer:
        case dict():
            return {k: without(v, fields) for k, v in answer.items() if k not in fields}
        case list():
            return [without(one, fields) for one in answer]
    return answer
