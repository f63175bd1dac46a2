"""Every bot's manifest, all of them, and what its words lead to: articles, models, prices."""

import re
from collections.abc import Iterator

from shared.errors import ConfigurationError
from shared.manifest.prices import load_prices
from shared.operations.reports.doctor.mistake import Mistake, Premises

STALE_DAYS = 400
"""A list price that nobody has looked at for longer is a guess."""

_REGION = re.compile(r"[a-z]+[a-z0-9]*")
_DAY = 86_400


def manifests(premises: Premises) -> Iterator[Mistake]:
    """Each file's first mistake, named by its key: tenant, app type, skill, ..."""
    folder = premises.path("FABRIC_BOTS_DIR", "bots")
    if not premises.bots and not premises.manifest_errors:
        yield Mistake("bots", str(folder), "has no manifest", "write one, or set FABRIC_BOTS_DIR")
    for error in premises.manifest_errors:
        where, key, sentence = premises.told(error)
        last = key.rpartition(".")[2].replace("_", "-") or "manifest"
        problem, _, fix = sentence.partition("; ")
        place = ": ".join(filter(None, (where, key)))
        yield Mistake(f"bot-{last}", place, problem, fix or "correct it")


def twins(premises: Premises) -> Iterator[Mistake]:
    """Two bots at one address: an inbound message must find exactly one."""
    seen: dict[str, str] = {}
    for bot in premises.bots.values():
        teams, whatsapp = bot.channels.teams, bot.channels.whatsapp
        for address in (
            teams.app_id.casefold() if teams else "",
            whatsapp.phone_number_id if whatsapp else "",
        ):
            if address and (other := seen.setdefault(address, bot.id)) != bot.id:
                yield Mistake(
                    "same-address",
                    f"bot {bot.id}",
                    f"has the app or number of {other}",
                    "write its own, one for each bot",
                )


def articles(premises: Premises) -> Iterator[Mistake]:
    folder = premises.path("FABRIC_KNOWLEDGE_DIR", "knowledge")
    for bot in premises.bots.values():
        for name in bot.knowledge:
            if not any((folder / name).glob("**/*.md")):
                yield Mistake(
                    "knowledge",
                    f"bot {bot.id}",
                    f"there is no article in {folder.name}/{name}",
                    "write one, or remove the name from knowledge",
                )


def regions(premises: Premises) -> Iterator[Mistake]:
    here = premises.get("REGION_NAME").replace(" ", "").lower()
    for bot in premises.bots.values():
        if bot.region and not _REGION.fullmatch(bot.region):
            yield Mistake(
                "region",
                f"bot {bot.id}",
                f"{bot.region[:40]!r} is not how Azure writes a region",
                "write it like westeurope",
            )
        elif here and bot.region and bot.region != here:
            yield Mistake(
                "other-region",
                f"bot {bot.id}",
                f"is to run in {bot.region}, and this app is in {here}",
                "give the region an app of its own (apps.toml), or correct the manifest",
            )


def prices(premises: Premises) -> Iterator[Mistake]:
    """Prices that are old, so that reports and budgets do not count in last year's money."""
    path = premises.path("FABRIC_PRICES_FILE", "prices.toml")
    try:
        known = load_prices(path)
    except ConfigurationError:
        return  # `tables` says so
    latest = [known.of(meter)[-1] for meter in known.meters]
    stale = [
        row.meter
        for row in latest
        if row.per_unit and premises.now - row.begins > STALE_DAYS * _DAY
    ]
    if stale:
        yield Mistake(
            "stale-price",
            str(path.name),
            f"{stale[0]} and {len(stale) - 1} more are older than {STALE_DAYS} days"
            if len(stale) > 1
            else f"{stale[0]} is older than {STALE_DAYS} days",
            "look it up at prices.azure.com, and add a row",
            warning=True,
        )


CHECKS = (manifests, twins, articles, regions, prices)
