"""How people sign in, and what is done in their name."""

from collections.abc import Iterator, Mapping

from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.identity.entra_error import DEVICE_CODES
from shared.manifest.backends import Declaration, load_backends
from shared.operations.reports.doctor.mistake import Mistake, Premises

DIRECTORY = ("FABRIC_SIGN_IN_AUTHORITY", "FABRIC_SIGN_IN_CLIENT_ID", "FABRIC_SIGN_IN_CLIENT_SECRET")


def connections(premises: Premises) -> Iterator[Mistake]:
    """A card to sign in leads to a directory that the app knows."""
    missing = [name for name in DIRECTORY if not premises.get(name)]
    for id, bot in premises.bots.items():
        if missing and bot.channels.teams and bot.channels.teams.connection:
            yield Mistake(
                "sign-in-directory",
                f"bots/{id}.toml: channels.teams.connection",
                f"is set, and {missing[0]} is not: nobody can sign in",
                f"set {', '.join(missing)} to the app that the connection is for",
            )


def tokens(premises: Premises) -> Iterator[Mistake]:
    """What is called in a person's name: where their token stays, and when Entra gives none."""
    for name, id, bot in _for_persons(premises):
        where, channels = f"bots/{id}.toml", bot.channels
        kept = bool(channels.teams and channels.teams.connection)
        if not kept and not premises.local:
            yield Mistake(
                "persons-token",
                where,
                f"nobody's token stays anywhere for the backend {name}",
                "write connection in [channels.teams]: the token service keeps them",
            )
        if channels.web or channels.whatsapp:
            codes = ", ".join(f"AADSTS{code}" for code in sorted(DEVICE_CODES))
            yield Mistake(
                "managed-devices",
                where,
                f"{name} is refused to who signed in by a link, where a policy wants a managed "
                f"device ({codes})",
                "have people use Teams for it, or except the app in Conditional Access",
                warning=True,
            )


def _for_persons(premises: Premises) -> Iterator[tuple[str, str, Bot]]:
    """Each backend that is called in persons' names, with each bot that may."""
    for name, declared in _backends(premises).items():
        for id, bot in premises.bots.items():
            if declared.auth == "user" and name in (bot.backends or {}):
                yield name, id, bot


def _backends(premises: Premises) -> Mapping[str, Declaration]:
    path = premises.path("FABRIC_BACKENDS_FILE", "backends.toml")
    try:
        return load_backends(path, premises.environ, local=premises.local)
    except ConfigurationError:
        return {}  # which `tables` tells


CHECKS = (connections, tokens)
