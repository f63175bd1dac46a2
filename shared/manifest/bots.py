"""Bots from their TOML files, or one line that names file, key and what to write instead."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.manifest import rules, shape, table
from shared.manifest.toml_file import from_environ, parse, wrong
from shared.vault_reference import SCHEME

NUMBERS = frozenset(
    {
        *("requests_per_second", "transcript_days", "conversation_days", "moved_on_minutes"),
        *("return_after_minutes", "expires_after_hours"),
        *("turns_per_user_per_day", "tokens_per_day", "budget_usd_per_month"),
        *("floor", "turns_per_second", "concurrency", "turns_per_minute_per_conversation"),
    }
)

WRITTEN_ELSEWHERE = ("client_secret", "certificate", "certificate_password")
"""Secrets of a Teams app: in the cloud by the name of a variable or a place in a vault only."""


def load_bots(
    directory: Path,
    environ: Mapping[str, str],
    *,
    local: bool,
    skills: Collection[str] | None = None,
) -> dict[str, Bot]:
    """Every `*.toml` of a directory as a bot, by id.

    A string value `$NAME` is read from `environ`. `skills` are the names there are; None when
    they are not known. Raises ConfigurationError, one line, at the first mistake.
    """
    if not directory.is_dir():
        raise ConfigurationError(
            f"{directory}: no such directory; create it, or set FABRIC_BOTS_DIR to where the "
            "manifests are"
        )
    paths = sorted(p for p in directory.glob("*.toml") if not p.name.startswith("."))
    if not paths:
        raise ConfigurationError(
            f"{directory}: no *.toml in it; write one for each bot, or set FABRIC_BOTS_DIR to "
            "where they are"
        )
    bots: dict[str, Bot] = {}
    files: dict[str, Path] = {}
    for path in paths:
        bot = read_bot(path, environ)
        if not local:
            _refuse_written_secrets(path)
        for key, sentence in rules.problems(bot, local=local, skills=skills):
            raise wrong(path, key, sentence)
        if bot.id in bots:
            other = files[bot.id].as_posix()
            raise wrong(path, "id", f'"{bot.id}" is the id in {other} already; write its own')
        bots[bot.id], files[bot.id] = bot, path
    _refuse_sharing(bots, files)
    return bots


def read_bot(path: Path, environ: Mapping[str, str]) -> Bot:
    """One manifest, right in its shape."""
    raw = from_environ(parse(path), environ, path, numbers=NUMBERS)
    try:
        return bot_of(raw)
    except table.Mistaken as error:
        raise wrong(path, *shape.explain(error)) from None


def _refuse_written_secrets(path: Path) -> None:
    """Refuse a secret that stands in the file itself, where whoever reads the repository has it."""
    teams = parse(path).get("channels", {}).get("teams", {})
    for name in WRITTEN_ELSEWHERE:
        if not str(teams.get(name, "$")).startswith(("$", SCHEME)):
            sentence = 'stands in the file for all to read; write "$NAME" or "keyvault://..."'
            raise wrong(path, f"channels.teams.{name}", sentence)


def bot_of(raw: dict[str, Any]) -> Bot:
    """A bot from the content of a manifest. Raises Mistaken."""
    return table.read(Bot, raw)


def _refuse_sharing(bots: Mapping[str, Bot], files: Mapping[str, Path]) -> None:
    """Refuse two bots at one address: an inbound message must find exactly one."""

    def refuse(key: str, address_of: Callable[[Bot], str], sentence: str) -> None:
        first: dict[str, str] = {}
        for bot in bots.values():
            address = address_of(bot)
            if address and (other := first.setdefault(address, bot.id)) != bot.id:
                belongs = f"belongs to {files[other].as_posix()} already; {sentence}"
                raise wrong(files[bot.id], key, belongs)

    refuse(
        "channels.whatsapp.phone_number_id",
        lambda bot: bot.channels.whatsapp.phone_number_id if bot.channels.whatsapp else "",
        "write the id of another number, one for each bot",
    )
    refuse(
        "channels.teams.app_id",
        lambda bot: bot.channels.teams.app_id.casefold() if bot.channels.teams else "",
        "write the id of this bot's own app registration",
    )
