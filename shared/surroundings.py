"""What settings, manifests and backends need of each other, told before anything is connected."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shared import vault_reference
from shared.errors import ConfigurationError
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.bot import Bot
    from shared.manifest.backends import Declaration
    from shared.ports.models import Models


def check_settings(settings: Settings, backends: "Mapping[str, Declaration]") -> None:
    """Raises ConfigurationError for what would only fail with the first message."""
    check_secrets(settings)
    _check_gateway(settings, backends)


def check_secrets(settings: Settings) -> None:
    """Raises ConfigurationError for a secret that has to be set, or is no place of one."""
    if not settings.local and not settings.whatsapp_app_secrets:
        raise ConfigurationError(
            "FABRIC_WHATSAPP_APP_SECRET is not set; in the cloud set it to the app secret "
            "of the Meta app, or to a random text when no bot is on WhatsApp"
        )
    _check_references(settings)


def check_bot(
    bot: "Bot",
    settings: Settings,
    backends: "Mapping[str, Declaration]",
    models: "Callable[[], Models]",
) -> None:
    """Raises ConfigurationError for a manifest that names what is not there."""
    from shared.governance.backends import check_rights
    from shared.records.ticket import TICKETS

    manifest = settings.bots_dir / f"{bot.id}.toml"
    _check_articles(bot, settings.knowledge_dir, manifest)
    guarded = {TICKETS: [], **{name: one.guarded for name, one in backends.items()}}
    check_rights(bot, guarded, manifest.as_posix())
    teams = bot.channels.teams
    if teams and teams.certificate_path and not Path(teams.certificate_path).is_file():
        raise ConfigurationError(
            f"bot {bot.id}: channels.teams.certificate_path: there is no file "
            f"{teams.certificate_path}; put the certificate there, or correct the path"
        )
    if not settings.ai_url.startswith("offline:"):
        _check_models(bot, models())


def _check_articles(bot: "Bot", folder: Path, manifest: Path) -> None:
    from shared.bot import ARTICLE
    from shared.knowledge.folder_access import of_folder
    from shared.manifest.shape import dotted
    from shared.manifest.toml_file import wrong

    for name in bot.knowledge:
        if not (folder / name).is_dir():
            raise wrong(
                manifest,
                "knowledge",
                f"there is no folder {folder / name}; create it, or remove the name from the list",
            )
        of_folder(folder / name)
    for topic, says in bot.urgent.items():
        if ARTICLE.fullmatch(says) and not (folder / f"{says}.md").is_file():
            raise wrong(
                manifest,
                dotted(("urgent", topic)),
                f"there is no article {folder / says}.md; write it, or a sentence instead",
            )


def _check_models(bot: "Bot", models: "Models") -> None:
    for key, alias in (("model", bot.model), ("quota.cheaper_model", bot.quota.cheaper_model)):
        try:
            if alias:
                models.named(alias)
        except ConfigurationError as error:
            raise ConfigurationError(f"bot {bot.id}: {key}: {error}") from None


def _check_gateway(settings: Settings, backends: "Mapping[str, Declaration]") -> None:
    """On a laptop without a gateway calls go straight to the backend."""
    behind = next((name for name, one in backends.items() if one.gateway), "")
    if behind and not settings.gateway_url and not settings.local:
        raise ConfigurationError(
            f"backends.toml: {behind}.gateway: there is no gateway; set FABRIC_GATEWAY_URL, or "
            "remove the key"
        )
    if settings.gateway_url and not settings.gateway_key:
        raise ConfigurationError(
            "FABRIC_GATEWAY_KEY is not set; write the subscription key of the gateway, or "
            f"{vault_reference.FORM}"
        )


def _check_references(settings: Settings) -> None:
    named = [
        ("FABRIC_AI_KEY", settings.ai_key),
        ("FABRIC_SAFETY_KEY", settings.safety_key),
        ("FABRIC_INDEX_KEY", settings.index_key),
        ("FABRIC_GATEWAY_KEY", settings.gateway_key),
        ("FABRIC_SPEECH_KEY", settings.speech_key),
        ("FABRIC_TRANSLATOR_KEY", settings.translator_key),
        ("FABRIC_DOCUMENTS_KEY", settings.documents_key),
        ("FABRIC_WHATSAPP_ACCESS_TOKEN", settings.whatsapp_access_token),
        *(("FABRIC_WHATSAPP_APP_SECRET", secret) for secret in settings.whatsapp_app_secrets),
    ]
    for name, value in named:
        reference = vault_reference.is_reference(value)
        if reference and vault_reference.parse(value, local=settings.local) is None:
            raise ConfigurationError(
                f"{name} is no place of a Key Vault secret; write {vault_reference.FORM}"
            )
