"""What a manifest of the right shape must still keep to, each rule with what to write instead."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from shared import vault_reference
from shared.bot import ARTICLE, TEAMS_CREDENTIALS, Bot, TeamsChannel
from shared.manifest.shape import did_you_mean, dotted, quoted
from shared.text.hours import OpeningHours
from shared.text.languages import LANGUAGES

Problem = tuple[str, str]
"""The key, dotted, and the sentence."""

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TEMPLATE = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?")
_A_GUID = "is not a GUID; write it as 00000000-0000-0000-0000-000000000000"


def problems(bot: Bot, *, local: bool, skills: Collection[str] | None) -> Iterator[Problem]:
    """Every broken rule, in the order of the file."""
    yield from _skills(bot, skills)
    yield from _languages(bot)
    yield from _routes(bot)
    yield from _urgent(bot)
    if bot.channels.teams:
        yield from _teams(bot.channels.teams, bot.id, local=local)
    yield from _window(bot)
    yield from _handoff(bot)
    if not all(_GUID.fullmatch(group) for group in bot.approvals.groups):
        yield "approvals.groups", f"one of them {_A_GUID}"
    for origin in bot.channels.web.origins if bot.channels.web else ():
        yield from _origin(origin)


def _skills(bot: Bot, known: Collection[str] | None) -> Iterator[Problem]:
    if not bot.skills:
        yield "skills", 'empty; write what the bot can do, such as ["router", "knowledge"]'
    for name in bot.skills:
        if bot.skills.count(name) > 1:
            yield "skills", f'"{name}" stands in it twice; keep one'
        if known is not None and name not in known:
            meant = did_you_mean(name, known) or f"write one of {quoted(sorted(known))}"
            there = f" (there are {quoted(sorted(known))})" if meant.endswith("?") else ""
            yield "skills", f'there is no skill "{name}"; {meant}{there}'
    if bot.default_skill not in bot.skills:
        yield (
            "default_skill",
            f'"{bot.default_skill}" is not among the bot\'s skills; write one of '
            f"{quoted(bot.skills)}, or add it to skills",
        )


def _languages(bot: Bot) -> Iterator[Problem]:
    for name in bot.languages:
        if name not in LANGUAGES:
            yield "languages", f'"{name[:20]}" is not spoken here; write one of {quoted(LANGUAGES)}'
        elif bot.languages.count(name) > 1:
            yield "languages", f'"{name}" stands in it twice; keep one'


def _routes(bot: Bot) -> Iterator[Problem]:
    for command, name in bot.routes.items():
        key = dotted(("routes", command))
        if not command.startswith("/"):
            instead = dotted((f"/{command.strip()}",))
            yield key, f'a command begins with "/"; write {instead} = "{name}"'
        elif command != command.casefold() or len(command.split()) != 1 or command == "/":
            word = "-".join(command.casefold().split()).rstrip("/") or "/ticket"
            yield key, f'a command is one word in small letters; write "{word}" = "{name}"'
        if name not in bot.skills:
            yield (
                key,
                f'the bot has no skill "{name}"; write one of {quoted(bot.skills)}, or add it '
                "to skills",
            )


def _urgent(bot: Bot) -> Iterator[Problem]:
    for topic, says in bot.urgent.items():
        if not topic.strip() or not says.strip():
            yield (
                dotted(("urgent", topic)),
                'a topic or its answer is empty; write "lost device" = "<collection>/<article>"',
            )
        if not ARTICLE.fullmatch(says):
            continue
        if says.partition("/")[0] not in bot.knowledge:
            yield (
                dotted(("urgent", topic)),
                f'"{says[:80]}" is no article of the bot\'s knowledge; write '
                '"<collection>/<article>" of a collection in knowledge, or a sentence',
            )


def _teams(teams: TeamsChannel, bot_id: str, *, local: bool) -> Iterator[Problem]:
    def key(name: str) -> str:
        return f"channels.teams.{name}"

    variable = bot_id.upper().replace("-", "_")
    if not teams.app_id:
        others = (*TEAMS_CREDENTIALS, "certificate_password", "tenant_id", "tenants", "connection")
        if stray := [name for name in others if getattr(teams, name)]:
            yield (
                key("app_id"),
                f'missing, but {stray[0]} is there; write app_id = "${variable}_APP_ID", '
                "or leave the table empty (local and without sign-in)",
            )
        if not local:
            yield (
                key("app_id"),
                "missing; in the cloud nobody is let in without sign-in: write "
                f'app_id = "${variable}_APP_ID" and set that variable, or remove the table',
            )
        return
    if not _GUID.fullmatch(teams.app_id):
        yield key("app_id"), _A_GUID
    if teams.tenant_id and not _GUID.fullmatch(teams.tenant_id):
        yield key("tenant_id"), _A_GUID
    if not local and not teams.tenants and not teams.tenant_id:
        yield (
            key("tenants"),
            "missing, and so is tenant_id: anybody of any organisation could talk to the bot; "
            'write tenants = ["$CONTOSO_TENANT_ID"] and set that variable',
        )
    yield from _credentials(teams, variable, local=local)
    if not all(_GUID.fullmatch(tenant) for tenant in teams.tenants):
        yield key("tenants"), f"one of them {_A_GUID}"


def _credentials(teams: TeamsChannel, variable: str, *, local: bool) -> Iterator[Problem]:
    """A SingleTenant app has one thing that proves who it is; a managed identity is its own."""
    given = [name for name in TEAMS_CREDENTIALS if getattr(teams, name)]
    if teams.app_type == "UserAssignedMSI":
        for name in given:
            yield (
                f"channels.teams.{name}",
                'a UserAssignedMSI app has none; remove it, or write app_type = "SingleTenant"',
            )
        return
    if local and not teams.tenant_id and not given:
        return  # hears, and cannot answer: enough to try the sign-in of what comes in
    if not teams.tenant_id:
        yield (
            "channels.teams.tenant_id",
            'missing; a SingleTenant app needs it: write tenant_id = "$CONTOSO_TENANT_ID" '
            "and set that variable",
        )
    if not given:
        yield (
            "channels.teams.client_secret",
            "missing; a SingleTenant app needs it: write client_secret = "
            f'"${variable}_APP_SECRET" and set that variable',
        )
    for name in given[1:]:
        yield f"channels.teams.{name}", f"stands beside {given[0]}; keep one of the two"
    if teams.certificate_password and not (teams.certificate or teams.certificate_path):
        yield (
            "channels.teams.certificate_password",
            "there is no certificate; remove it, or write certificate or certificate_path",
        )
    if teams.federated_client_id and not _GUID.fullmatch(teams.federated_client_id):
        yield "channels.teams.federated_client_id", _A_GUID
    for name in ("client_secret", "certificate", "certificate_password"):
        value = getattr(teams, name)
        if vault_reference.is_reference(value) and not vault_reference.parse(value, local=local):
            yield (
                f"channels.teams.{name}",
                f"is no place in a Key Vault; write {vault_reference.FORM}",
            )


def _window(bot: Bot) -> Iterator[Problem]:
    """The template of WhatsApp, and what is declared for when only that may be sent."""
    whatsapp, window = bot.channels.whatsapp, bot.late.window
    name = whatsapp.template if whatsapp else ""
    if window and not whatsapp:
        yield "late.window", "the bot is not on WhatsApp; remove it, or add [channels.whatsapp]"
    elif window == "template" and not name:
        yield (
            "late.window",
            'there is no template; write template = "..." in [channels.whatsapp], the name of an '
            'approved one, or window = "park"',
        )
    if whatsapp is None:
        return
    if name and not _TEMPLATE.fullmatch(name):
        yield (
            "channels.whatsapp.template",
            f'"{name[:60]}" is no template\'s name; write it as in WhatsApp Manager: small '
            'letters, digits and "_"',
        )
    language = whatsapp.template_language
    if name and not _LANGUAGE.fullmatch(language):
        what = f'"{language[:20]}" is no language code' if language else "missing"
        yield (
            "channels.whatsapp.template_language",
            f'{what}; write the code of the approved template, such as "en" or "en_US"',
        )
    if language and not name:
        yield (
            "channels.whatsapp.template_language",
            'there is no template; remove it, or write template = "..."',
        )


def _handoff(bot: Bot) -> Iterator[Problem]:
    hours = bot.handoff.hours
    if not hours:
        return
    try:
        OpeningHours.parse(hours)
    except ValueError as error:
        yield (
            "handoff.hours",
            f'"{hours[:60]}" {error}; write days, times and time zone, such as '
            '"Mon-Fri 08:00-18:00 Europe/Berlin"',
        )


def _origin(origin: str) -> Iterator[Problem]:
    key = "channels.web.origins"
    said = f'"{origin[:100]}"'
    if "*" in origin:
        yield key, f'{said} has a "*"; write each origin out, such as "https://www.contoso.example"'
        return
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in ("http", "https") or parts.username is not None:
        yield (
            key,
            f"{said} is not an origin; write scheme, host and, if need be, port, such as "
            '"https://www.contoso.example"',
        )
        return
    standard = {"http": 80, "https": 443}[parts.scheme]
    shown = f"[{host}]" if ":" in host else host
    right = f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, standard) else "")
    if origin != right:
        yield key, f'{said} is more than an origin, which browsers send bare; write "{right}"'
