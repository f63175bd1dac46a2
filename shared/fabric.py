"""The composition root: settings in, connected ports out, each on first use."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from shared.backend import Backend
from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.governance.ledger import Ledger
from shared.governance.switches import Switches
from shared.http import HttpClient
from shared.integrations.declaration import load_backends
from shared.manifest import load_bots
from shared.ports import Blobs, Bus, Channel, Models, Store, Topic
from shared.settings import Settings, secure
from shared.skill import Skill

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.ai.assistant import Assistant
    from shared.channels.directline import DirectLineChannel
    from shared.channels.teams import TeamsChannel
    from shared.channels.whatsapp import WhatsAppChannel
    from shared.identity.credential import ManagedIdentities
    from shared.identity.secrets import Secrets
    from shared.knowledge import KnowledgeBase
    from shared.messaging.claim_check import ClaimCheck

CHANNELS = ("teams", "whatsapp", "web")


class Fabric:
    """Everything that a function needs, for one process.

    Bots and backends are read and checked at once, so that a wrong manifest stops the start;
    connections are made when they are first used, so that a cold webhook meets no SDK.
    """

    def __init__(self, settings: Settings, skills: Mapping[str, Skill]) -> None:
        self.settings = settings
        self.skills = skills
        self.bots: dict[str, Bot] = load_bots(
            settings.bots_dir, settings.environ, local=settings.local, skills=skills
        )
        if not settings.local and not settings.whatsapp_app_secrets:
            raise ConfigurationError(
                "FABRIC_WHATSAPP_APP_SECRET is not set; in the cloud set it to the app secret "
                "of the Meta app, or to a random text when no bot is on WhatsApp"
            )
        self.http = HttpClient()
        for bot in self.bots.values():
            self._check(bot)
        self._declared = load_backends(
            settings.backends_file, settings.environ, local=settings.local
        )
        self.ledger = Ledger()

    def _check(self, bot: Bot) -> None:
        """What a manifest needs from its surroundings."""
        settings = self.settings
        for name in bot.knowledge:
            if not (settings.knowledge_dir / name).is_dir():
                raise ConfigurationError(
                    f"bot {bot.id}: knowledge: there is no folder {settings.knowledge_dir / name}; "
                    "create it, or remove the name from the list"
                )
        if urlsplit(settings.ai_url).scheme in ("azure-openai", "openai"):
            try:
                self.models.named(bot.model)
            except ConfigurationError as error:
                raise ConfigurationError(f"bot {bot.id}: model: {error}") from None

    @cached_property
    def store(self) -> Store:
        url = self.settings.store_url
        match urlsplit(url).scheme:
            case "sqlite":
                from shared.storage.sqlite import SqliteStore

                return SqliteStore(_path(url), self.settings.sqlite_synchronous)
            case "cosmos":
                from shared.storage.cosmos import CosmosStore

                host, database = _host_and_path(url, "FABRIC_STORE_URL", "cosmos://<host>/<name>")
                key = self.settings.cosmos_key
                return CosmosStore(
                    self._endpoint(host),
                    database,
                    key=key,
                    credential=None if key else self.credential,
                )
            case scheme:
                raise _unknown("FABRIC_STORE_URL", scheme, "sqlite", "cosmos")

    @cached_property
    def bus(self) -> Bus:
        url = self.settings.bus_url
        match urlsplit(url).scheme:
            case "sqlite":
                from shared.messaging.sqlite import SqliteBus

                return SqliteBus(_path(url), self.settings.sqlite_synchronous)
            case "servicebus":
                from shared.messaging.servicebus import ServiceBusBus

                connection = self.settings.servicebus_connection
                return ServiceBusBus(
                    urlsplit(url).netloc,
                    connection=connection,
                    credential=None if connection else self.credential,
                    claims=self.claims,
                )
            case "storagequeue":
                from shared.messaging.storagequeue import StorageQueueBus

                connection = self.settings.storage_connection
                return StorageQueueBus(
                    urlsplit(url).netloc,
                    connection=connection,
                    credential=None if connection else self.credential,
                    claims=self.claims,
                )
            case scheme:
                raise _unknown("FABRIC_BUS_URL", scheme, "sqlite", "servicebus", "storagequeue")

    @cached_property
    def claims(self) -> "ClaimCheck":
        """Where bodies go that are too large for a message of the bus."""
        from shared.messaging.claim_check import ClaimCheck

        return ClaimCheck(self.blobs)

    @cached_property
    def blobs(self) -> Blobs:
        """Blob storage of the app's own storage account; locally without one, a folder."""
        settings = self.settings
        if settings.storage_connection or settings.storage_account:
            from shared.storage.blob import BlobStorage

            connection = settings.storage_connection
            return BlobStorage(
                settings.storage_account,
                connection=connection,
                credential=None if connection else self.credential,
            )
        if not settings.local:
            raise ConfigurationError(
                "neither AzureWebJobsStorage nor AzureWebJobsStorage__accountName is set; large "
                "messages need the app's storage account"
            )
        from shared.storage.files import FileBlobs

        return FileBlobs(settings.data_dir / "blobs")

    @cached_property
    def credential(self) -> "AsyncTokenCredential":
        """Who this app is towards Azure, one for all services."""
        from shared.identity.credential import credential

        return credential(local=self.settings.local, client_id=self.settings.client_id)

    @cached_property
    def identities(self) -> "ManagedIdentities":
        """The managed identities that bots have of their own."""
        from shared.identity.credential import ManagedIdentities

        return ManagedIdentities()

    @cached_property
    def secrets(self) -> "Secrets":
        """What settings and manifests name by its place in a Key Vault."""
        from shared.identity.secrets import Secrets

        return Secrets(self.http, lambda: self.credential, local=self.settings.local)

    @cached_property
    def topic(self) -> Topic:
        match urlsplit(self.settings.events_url).scheme:
            case "bus":
                from shared.messaging.queue_topic import QueueTopic

                return QueueTopic(self.bus)
            case "eventgrid":
                from shared.messaging.eventgrid import EventGridTopic

                host, path = _host_and_path(
                    self.settings.events_url, "FABRIC_EVENTS_URL", "eventgrid://<host>/api/events"
                )
                key = self.settings.events_key
                return EventGridTopic(
                    f"{self._endpoint(host)}/{path}",
                    key=key,
                    credential=None if key else self.credential,
                )
            case scheme:
                raise _unknown("FABRIC_EVENTS_URL", scheme, "bus", "eventgrid")

    @cached_property
    def models(self) -> Models:
        """The chat models that bots name by alias."""
        match urlsplit(self.settings.ai_url).scheme:
            case "offline":
                from shared.ai.offline import OfflineModels

                return OfflineModels()
            case "azure-openai" | "openai":
                from shared.ai.openai_models import OpenAIModels

                return OpenAIModels(
                    self.settings.ai_url,
                    self.settings.ai_models,
                    base_url=self._endpoint,
                    key=self.settings.ai_key,
                    secret=self.secrets.get,
                    credential=lambda: self.credential,
                    environ=self.settings.environ,
                )
            case scheme:
                raise _unknown("FABRIC_AI_URL", scheme, "offline", "azure-openai", "openai")

    @cached_property
    def knowledge(self) -> "KnowledgeBase":
        from shared.knowledge import KnowledgeBase

        return KnowledgeBase(self.settings.knowledge_dir)

    @cached_property
    def backends(self) -> Mapping[str, Backend]:
        """The systems that skills call, each one for all bots."""
        from shared.integrations.access import Access
        from shared.integrations.http_backend import HttpBackend

        return {
            name: HttpBackend(name, declared, Access(declared, lambda: self.credential))
            for name, declared in self._declared.items()
        }

    @cached_property
    def switches(self) -> Switches:
        return Switches(self.store)

    def assistant(self, bot: Bot) -> "Assistant":
        from shared.ai.assistant import Assistant

        return Assistant(self.models.named(bot.model), instructions=bot.instructions)

    def channel(self, name: str) -> Channel:
        """The adapter called `teams`, `whatsapp` or `web`."""
        match name:
            case "teams":
                return self.teams
            case "whatsapp":
                return self.whatsapp
            case "web":
                return self.web
        raise ValueError(f"no channel {name!r}; there are {', '.join(CHANNELS)}")

    @cached_property
    def teams(self) -> "TeamsChannel":
        from shared.channels.teams import TeamsChannel

        return TeamsChannel(
            self.bots,
            self.settings,
            self.http,
            secrets=self.secrets,
            identities=self.identities,
        )

    @cached_property
    def whatsapp(self) -> "WhatsAppChannel":
        from shared.channels.whatsapp import WhatsAppChannel

        return WhatsAppChannel(self.bots, self.settings, self.http, secrets=self.secrets)

    @cached_property
    def web(self) -> "DirectLineChannel":
        from shared.channels.directline import DirectLineChannel

        return DirectLineChannel(self.bots, self.store, self.settings)

    def _endpoint(self, host: str) -> str:
        """The base URL of a service: https, or plain http on loopback when local."""
        url = f"http://{host}"
        return url if secure(url, local=self.settings.local) else f"https://{host}"

    async def close(self) -> None:
        """Close what was opened, and nothing else."""
        names = ("topic", "bus", "blobs", "store", "models", "identities", "credential")
        for name in names:
            if port := self.__dict__.get(name):
                await port.close()
        for backend in self.__dict__.get("backends", {}).values():
            await backend.close()
        await self.http.close()


def _path(url: str) -> str:
    """The file of `sqlite:///relative/path` or `sqlite:////absolute/path`."""
    return unquote(urlsplit(url).path.removeprefix("/"))


def _host_and_path(url: str, setting: str, form: str) -> tuple[str, str]:
    parts = urlsplit(url)
    path = parts.path.strip("/")
    if not parts.netloc or not path:
        raise ConfigurationError(f"{setting} is {url!r}; write {form}")
    return parts.netloc, path


def _unknown(setting: str, scheme: str, *known: str) -> ConfigurationError:
    return ConfigurationError(
        f"{setting} has the scheme {scheme!r}; write one of {', '.join(s + '://' for s in known)}"
    )
