"""URLs to adapters: what each scheme stands for, imported when it is first used."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from shared.adapter_forms import FORMS
from shared.errors import ConfigurationError
from shared.settings import Settings
from shared.web_address import secure

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.azure_ai.resource import Key
    from shared.channels.directline.stream import Streams
    from shared.clients.http import HttpClient
    from shared.identity.secrets import Secrets
    from shared.messaging.claim_check import ClaimCheck
    from shared.ports.bus import Bus, Topic
    from shared.ports.index import PassageIndex
    from shared.ports.models import Models
    from shared.ports.safety import ContentSafety
    from shared.ports.scans import Scans
    from shared.ports.speech import Speech
    from shared.ports.store import Blobs, Store
    from shared.ports.translator import Translator

    Credential = Callable[[], AsyncTokenCredential]


def check(settings: Settings) -> None:
    """Raises ConfigurationError for a URL that is none of those; nothing is opened.

    A connection string names the host by itself.
    """
    named = {
        "servicebus": settings.servicebus_connection,
        "storagequeue": settings.storage_connection,
    }
    urls = (
        *(settings.store_url, settings.bus_url, settings.events_url, settings.ai_url),
        *(settings.safety_url, settings.speech_url, settings.translator_url),
        *(settings.documents_url, settings.stream_url, settings.index_url),
    )
    for (setting, forms), url in zip(FORMS.items(), urls, strict=True):
        if setting in ("FABRIC_STREAM_URL", "FABRIC_INDEX_URL") and not url:
            continue  # pages then ask for news; articles are searched in memory
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError as error:
            raise ConfigurationError(
                f"{setting} is {url!r}, which is no URL ({error}); write one of "
                f"{', '.join(forms.values())}"
            ) from None
        form = forms.get(parts.scheme)
        if form is None:
            known = ", ".join(forms.values())
            raise ConfigurationError(
                f"{setting} has the scheme {parts.scheme!r}; write one of {known}"
            )
        wanted = urlsplit(form)
        lacks_host = wanted.netloc and not (parts.netloc or named.get(parts.scheme))
        if lacks_host or (wanted.path.strip("/") and not parts.path.strip("/")):
            raise ConfigurationError(f"{setting} is {url!r}; write {form}")


def store(settings: Settings, credential: "Credential") -> "Store":
    url = urlsplit(settings.store_url)
    if url.scheme == "cosmos":
        from shared.storage.cosmos.store import CosmosStore

        key = settings.cosmos_key
        return CosmosStore(
            endpoint(settings, url.netloc),
            url.path.strip("/"),
            key=key,
            credential=None if key else credential(),
        )
    from shared.storage.sqlite import SqliteStore

    return SqliteStore(_file(settings.store_url), settings.sqlite_synchronous)


def bus(settings: Settings, credential: "Credential", claims: "Callable[[], ClaimCheck]") -> "Bus":
    url = urlsplit(settings.bus_url)
    if url.scheme == "servicebus":
        from shared.messaging.servicebus.bus import ServiceBusBus

        connection = settings.servicebus_connection
        return ServiceBusBus(
            url.netloc,
            connection=connection,
            credential=None if connection else credential(),
            claims=claims(),
        )
    if url.scheme == "storagequeue":
        from shared.messaging.storagequeue.bus import StorageQueueBus

        connection = settings.storage_connection
        return StorageQueueBus(
            url.netloc,
            connection=connection,
            credential=None if connection else credential(),
            claims=claims(),
        )
    from shared.messaging.embedded.bus import SqliteBus

    return SqliteBus(_file(settings.bus_url), settings.sqlite_synchronous)


def blobs(settings: Settings, credential: "Credential") -> "Blobs":
    """Blob storage of the app's own storage account; locally without one, a folder."""
    return _blobs_in(settings, credential, "claims", "blobs")


def warehouse(settings: Settings, credential: "Credential") -> "Blobs":
    """Where the daily figures go, in a container of the same account; else in a folder."""
    return _blobs_in(settings, credential, "warehouse", "warehouse")


def _blobs_in(settings: Settings, credential: "Credential", container: str, folder: str) -> "Blobs":
    if settings.storage_connection or settings.storage_account:
        from shared.storage.blob import BlobStorage

        connection = settings.storage_connection
        return BlobStorage(
            settings.storage_account,
            connection=connection,
            credential=None if connection else credential(),
            container=container,
        )
    if not settings.local:
        raise ConfigurationError(
            "neither AzureWebJobsStorage nor AzureWebJobsStorage__accountName is set; large "
            "messages need the app's storage account"
        )
    from shared.storage.files import FileBlobs

    return FileBlobs(settings.data_dir / folder)


def topic(settings: Settings, credential: "Credential", bus: "Callable[[], Bus]") -> "Topic":
    url = urlsplit(settings.events_url)
    if url.scheme == "eventgrid":
        from shared.messaging.eventgrid import EventGridTopic

        key = settings.events_key
        return EventGridTopic(
            f"{endpoint(settings, url.netloc)}/{url.path.strip('/')}",
            key=key,
            credential=None if key else credential(),
        )
    from shared.messaging.queue_topic import QueueTopic

    return QueueTopic(bus())


def models(
    settings: Settings,
    credential: "Credential",
    secrets: "Secrets",
    gateway: Callable[[], Callable[[], Awaitable[dict[str, str]]] | None],
) -> "Models":
    """Those behind aliases; `gateway` gives the headers of what stands in front, or None."""
    if urlsplit(settings.ai_url).scheme != "offline":
        from shared.ai.openai_models import OpenAIModels

        return OpenAIModels(
            settings.ai_url,
            settings.ai_models,
            base_url=lambda host: endpoint(settings, host),
            key=settings.ai_key,
            secret=secrets.get,
            credential=credential,
            environ=settings.environ,
            gateway=gateway(),
            gateway_host=urlsplit(settings.gateway_url).netloc,
        )
    from shared.ai.offline import OfflineModels

    return OfflineModels()


def safety(
    settings: Settings, http: "HttpClient", credential: "Credential", secrets: "Secrets"
) -> "ContentSafety":
    """Who judges what people and models say."""
    url = urlsplit(settings.safety_url)
    if url.scheme == "azure-content-safety":
        from shared.ai.openai import token
        from shared.ai.safety.azure import AzureContentSafety

        return AzureContentSafety(
            endpoint(settings, url.netloc),
            http,
            key=_secret(secrets, settings.safety_key),
            token=lambda: token(credential()),
        )
    from shared.ai.safety.words import WordSafety

    return WordSafety()


def speech(settings: Settings, credential: "Credential", secrets: "Secrets") -> "Speech | None":
    """Who listens to recordings; None for nobody."""
    if settings.speech_url.startswith("offline:"):
        return None
    from shared.azure_ai.resource import Resource
    from shared.azure_ai.speech import SERVICE, AzureSpeech

    url, key = _opened(settings, settings.speech_url, settings.speech_key, secrets)
    return AzureSpeech(Resource(SERVICE, url, key=key, credential=credential))


def translator(
    settings: Settings, credential: "Credential", secrets: "Secrets"
) -> "Translator | None":
    """Who translates; None for nobody."""
    if settings.translator_url.startswith("offline:"):
        return None
    from shared.azure_ai.resource import Resource
    from shared.azure_ai.translator import SERVICE, AzureTranslator

    url, key = _opened(settings, settings.translator_url, settings.translator_key, secrets)
    return AzureTranslator(Resource(SERVICE, url, key=key, credential=credential))


def scans(settings: Settings, credential: "Credential", secrets: "Secrets") -> "Scans | None":
    """Who reads scans and photos; None for nobody."""
    if settings.documents_url.startswith("offline:"):
        return None
    from shared.azure_ai.document_intelligence import SERVICE, AzureDocumentIntelligence
    from shared.azure_ai.resource import Resource

    url, key = _opened(settings, settings.documents_url, settings.documents_key, secrets)
    return AzureDocumentIntelligence(Resource(SERVICE, url, key=key, credential=credential))


def _opened(settings: Settings, url: str, key: str, secrets: "Secrets") -> "tuple[str, Key | None]":
    """Where a resource is, and what gives its key; None where the app's identity opens it."""
    return endpoint(settings, urlsplit(url).netloc), _secret(secrets, key)


def _secret(secrets: "Secrets", key: str) -> "Key | None":
    """What gives a key that may lie in a vault; None where there is none."""
    return partial(secrets.get, key) if key else None


def streams(settings: Settings, http: "HttpClient", credential: "Credential") -> "Streams | None":
    """What holds the web channel's sockets; None when pages ask for news."""
    if not settings.stream_url:
        return None
    from shared.channels.directline.web_pubsub import WebPubSub

    url = urlsplit(settings.stream_url)
    return WebPubSub(
        endpoint(settings, url.netloc),
        url.path.strip("/"),
        http,
        key=settings.stream_key,
        credential=credential,
    )


def index(
    settings: Settings, http: "HttpClient", credential: "Credential", secrets: "Secrets"
) -> "PassageIndex":
    """What keeps passages to be found. Only where FABRIC_INDEX_URL is set."""
    url = urlsplit(settings.index_url)
    if url.scheme == "azure-search":
        from shared.indexes.azuresearch.index import AzureSearchIndex, token

        return AzureSearchIndex(
            endpoint(settings, url.netloc),
            url.path.strip("/"),
            http,
            key=_secret(secrets, settings.index_key),
            token=lambda: token(credential()),
        )
    if url.scheme == "cosmos":
        from shared.indexes.cosmos.index import CosmosIndex

        return CosmosIndex(
            endpoint(settings, url.netloc),
            url.path.strip("/"),
            key=_secret(secrets, settings.index_key),
            credential=credential,
        )
    from shared.indexes.embedded.index import EmbeddedIndex

    return EmbeddedIndex(_file(settings.index_url), settings.sqlite_synchronous)


def endpoint(settings: Settings, host: str) -> str:
    """The base URL of a service: https, or plain http on loopback when local."""
    url = f"http://{host}"
    return url if secure(url, local=settings.local) else f"https://{host}"


def _file(url: str) -> str:
    """The file of `sqlite:///relative/path` or `sqlite:////absolute/path`."""
    return unquote(urlsplit(url).path.removeprefix("/"))
