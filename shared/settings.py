"""Every environment variable the app reads; local.settings.example.json lists them too."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from shared.errors import ConfigurationError

BOTFRAMEWORK_OPENID_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
ENTRA_TOKEN_URL = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
GRAPH_URL = "https://graph.facebook.com/v24.0"
FORMS: Mapping[str, Mapping[str, str]] = {
    "FABRIC_STORE_URL": {
        "sqlite": "sqlite:///<path>",
        "cosmos": "cosmos://<account-host>/<database>",
    },
    "FABRIC_BUS_URL": {
        "sqlite": "sqlite:///<path>",
        "servicebus": "servicebus://<namespace-host>",
        "storagequeue": "storagequeue://<account>",
    },
    "FABRIC_EVENTS_URL": {"bus": "bus://", "eventgrid": "eventgrid://<topic-host>/api/events"},
    "FABRIC_AI_URL": {
        "offline": "offline://",
        "azure-openai": "azure-openai://<resource-host>",
        "openai": "openai://<host>",
    },
    "FABRIC_SAFETY_URL": {
        "offline": "offline://",
        "azure-content-safety": "azure-content-safety://<resource-host>",
    },
    "FABRIC_SPEECH_URL": {
        "offline": "offline://",
        "azure-speech": "azure-speech://<resource-host>",
    },
    "FABRIC_TRANSLATOR_URL": {
        "offline": "offline://",
        "azure-translator": "azure-translator://<resource-host>",
    },
    "FABRIC_DOCUMENTS_URL": {
        "offline": "offline://",
        "azure-document-intelligence": "azure-document-intelligence://<resource-host>",
    },
    "FABRIC_STREAM_URL": {"webpubsub": "webpubsub://<service-host>/<hub>"},
    "FABRIC_INDEX_URL": {
        "sqlite": "sqlite:///<path>",
        "azure-search": "azure-search://<service-host>/<index>",
        "cosmos": "cosmos://<account-host>/<database>",
    },
}
"""How each setting is written, by scheme."""

LAPTOP_TENANT = "c0a7c0de-0000-4000-8000-000000000001"
LAPTOP_AUDIENCE = "api://bot-fabric"
"""The organisation and the API that the stand-in for Entra issues operators' tokens for."""

OPERATOR_OPENID_URL = (
    "https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"
)
TRACES = ("off", "file", "opentelemetry")
"""Where spans go: nowhere, into the data folder, to the provider that the worker set up."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The app's configuration; URLs choose the adapters by their scheme."""

    local: bool
    data_dir: Path
    bots_dir: Path
    knowledge_dir: Path
    store_url: str
    bus_url: str
    events_url: str
    ai_url: str
    stream_url: str = ""
    stream_key: str = field(default="", repr=False)
    index_url: str = ""
    index_key: str = field(default="", repr=False)
    backends_file: Path = Path("backends.toml")
    access_file: Path = Path("access.toml")
    webhooks_file: Path = Path("webhooks.toml")
    policy_file: Path = Path("policy.toml")
    operator_audience: str = ""
    operator_tenant: str = ""
    operator_openid_url: str = ""
    app_service_auth: bool = False
    sign_in_authority: str = ""
    sign_in_client_id: str = ""
    sign_in_client_secret: str = field(default="", repr=False)
    public_url: str = ""
    region: str = ""
    graph_url: str = ""
    prices_file: Path = Path("prices.toml")
    departments_file: Path = Path("departments.toml")
    function_memory_mb: int = 2048
    traces: str = ""
    ai_models: str = ""
    ai_key: str = field(default="", repr=False)
    safety_url: str = "offline://"
    safety_key: str = field(default="", repr=False)
    gateway_url: str = ""
    gateway_key: str = field(default="", repr=False)
    gateway_scope: str = ""
    speech_url: str = "offline://"
    speech_key: str = field(default="", repr=False)
    translator_url: str = "offline://"
    translator_key: str = field(default="", repr=False)
    documents_url: str = "offline://"
    documents_key: str = field(default="", repr=False)
    embeddings: str = "auto"
    events_key: str = field(default="", repr=False)
    cosmos_key: str = field(default="", repr=False)
    servicebus_connection: str = field(default="", repr=False)
    storage_connection: str = field(default="", repr=False)
    storage_account: str = ""
    client_id: str = ""
    sqlite_synchronous: str = "FULL"
    teams_openid_url: str = BOTFRAMEWORK_OPENID_URL
    teams_token_url: str = ENTRA_TOKEN_URL
    teams_token_service_url: str = ""
    teams_service_hosts: frozenset[str] = frozenset()
    whatsapp_app_secrets: tuple[str, ...] = field(default=(), repr=False)
    whatsapp_verify_token: str = field(default="", repr=False)
    whatsapp_access_token: str = field(default="", repr=False)
    whatsapp_graph_url: str = GRAPH_URL
    trusted_proxies: int = 1
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment; raises ConfigurationError naming the variable to set or mend."""
        env = dict(os.environ if environ is None else environ)
        environment = env.get("FABRIC_ENVIRONMENT", "") or "cloud"
        if environment not in ("local", "cloud"):
            raise ConfigurationError(f"FABRIC_ENVIRONMENT is {environment!r}; write local or cloud")
        local = environment == "local"
        for name, value in env.items():
            if value.startswith("@Microsoft.KeyVault("):
                raise ConfigurationError(
                    f"{name} is a Key Vault reference that the platform did not resolve; see that "
                    "the site's keyVaultReferenceIdentity has the role Key Vault Secrets User, "
                    "and that the secret is there"
                )

        def backend(name: str, default: str) -> str:
            value = env.get(name, "")
            if not value and not local:
                raise ConfigurationError(
                    f"{name} is not set; write one of {', '.join(FORMS[name].values())} "
                    "(FABRIC_ENVIRONMENT=local has a default; unset means cloud)"
                )
            return value or default

        data_dir = Path(env.get("FABRIC_DATA_DIR") or ".fabric")
        synchronous = (env.get("FABRIC_SQLITE_SYNCHRONOUS") or "FULL").upper()
        if synchronous not in ("FULL", "NORMAL"):
            raise ConfigurationError(
                f"FABRIC_SQLITE_SYNCHRONOUS is {synchronous!r}; write FULL or NORMAL"
            )
        embeddings = (env.get("FABRIC_EMBEDDINGS") or ("warm" if local else "auto")).lower()
        if embeddings not in ("auto", "warm", "off"):
            raise ConfigurationError(
                f"FABRIC_EMBEDDINGS is {embeddings!r}; write auto (loaded after the first need, if "
                "installed), warm (loaded at the start) or off"
            )
        secrets = env.get("FABRIC_WHATSAPP_APP_SECRET", "").split(",")
        hosts = env.get("FABRIC_TEAMS_SERVICE_HOSTS", "").split(",") if local else []
        return cls(
            local=local,
            data_dir=data_dir,
            bots_dir=Path(env.get("FABRIC_BOTS_DIR") or "bots"),
            knowledge_dir=Path(env.get("FABRIC_KNOWLEDGE_DIR") or "knowledge"),
            store_url=backend("FABRIC_STORE_URL", f"sqlite:///{data_dir / 'store.db'}"),
            bus_url=backend("FABRIC_BUS_URL", f"sqlite:///{data_dir / 'bus.db'}"),
            events_url=backend("FABRIC_EVENTS_URL", "bus://"),
            ai_url=backend("FABRIC_AI_URL", "offline://"),
            stream_url=env.get("FABRIC_STREAM_URL", ""),
            stream_key=env.get("FABRIC_STREAM_KEY", ""),
            index_url=env.get("FABRIC_INDEX_URL", "").strip(),
            index_key=env.get("FABRIC_INDEX_KEY", ""),
            backends_file=Path(env.get("FABRIC_BACKENDS_FILE") or "backends.toml"),
            access_file=Path(env.get("FABRIC_ACCESS_FILE") or "access.toml"),
            webhooks_file=Path(env.get("FABRIC_WEBHOOKS_FILE") or "webhooks.toml"),
            policy_file=Path(env.get("FABRIC_POLICY_FILE") or "policy.toml"),
            operator_audience=env.get("FABRIC_OPERATOR_AUDIENCE")
            or (LAPTOP_AUDIENCE if local else ""),
            operator_tenant=env.get("FABRIC_OPERATOR_TENANT") or (LAPTOP_TENANT if local else ""),
            operator_openid_url=_operator_openid_url(env, local=local),
            app_service_auth=_app_service_auth(env, local=local),
            sign_in_authority=_url_or_nothing(env, "FABRIC_SIGN_IN_AUTHORITY", local=local),
            sign_in_client_id=env.get("FABRIC_SIGN_IN_CLIENT_ID", "").strip(),
            sign_in_client_secret=env.get("FABRIC_SIGN_IN_CLIENT_SECRET", ""),
            public_url=_public_url(env, local=local),
            region=env.get("FABRIC_REGION", "").strip(),
            graph_url=_web_url(
                env, "FABRIC_GRAPH_URL", "https://graph.microsoft.com/v1.0", local=local
            ).rstrip("/"),
            prices_file=Path(env.get("FABRIC_PRICES_FILE") or "prices.toml"),
            departments_file=Path(env.get("FABRIC_DEPARTMENTS_FILE") or "departments.toml"),
            function_memory_mb=_count(env, "FABRIC_FUNCTION_MEMORY_MB", 2048),
            traces=_traces(env, local=local),
            ai_models=env.get("FABRIC_AI_MODELS", "").strip(),
            ai_key=env.get("FABRIC_AI_KEY", ""),
            safety_url=env.get("FABRIC_SAFETY_URL") or "offline://",
            safety_key=env.get("FABRIC_SAFETY_KEY", ""),
            gateway_url=_url_or_nothing(env, "FABRIC_GATEWAY_URL", local=local),
            gateway_key=env.get("FABRIC_GATEWAY_KEY", ""),
            gateway_scope=env.get("FABRIC_GATEWAY_SCOPE", "").strip(),
            speech_url=env.get("FABRIC_SPEECH_URL") or "offline://",
            speech_key=env.get("FABRIC_SPEECH_KEY", ""),
            translator_url=env.get("FABRIC_TRANSLATOR_URL") or "offline://",
            translator_key=env.get("FABRIC_TRANSLATOR_KEY", ""),
            documents_url=env.get("FABRIC_DOCUMENTS_URL") or "offline://",
            documents_key=env.get("FABRIC_DOCUMENTS_KEY", ""),
            embeddings=embeddings,
            events_key=env.get("FABRIC_EVENTS_KEY", ""),
            cosmos_key=env.get("FABRIC_COSMOS_KEY", ""),
            servicebus_connection=env.get("ServiceBusConnection", ""),
            storage_connection=env.get("AzureWebJobsStorage", ""),
            storage_account=env.get("AzureWebJobsStorage__accountName", ""),
            client_id=env.get("AZURE_CLIENT_ID", ""),
            sqlite_synchronous=synchronous,
            teams_openid_url=_web_url(
                env, "FABRIC_TEAMS_OPENID_URL", BOTFRAMEWORK_OPENID_URL, local=local
            ),
            teams_token_url=_web_url(env, "FABRIC_TEAMS_TOKEN_URL", ENTRA_TOKEN_URL, local=local),
            teams_token_service_url=_url_or_nothing(
                env, "FABRIC_TEAMS_TOKEN_SERVICE_URL", local=local
            ),
            teams_service_hosts=frozenset(h.strip().lower() for h in hosts if h.strip()),
            whatsapp_app_secrets=tuple(s.strip() for s in secrets if s.strip()),
            whatsapp_verify_token=env.get("FABRIC_WHATSAPP_VERIFY_TOKEN", ""),
            whatsapp_access_token=env.get("FABRIC_WHATSAPP_ACCESS_TOKEN", ""),
            whatsapp_graph_url=_web_url(
                env, "FABRIC_WHATSAPP_GRAPH_URL", GRAPH_URL, local=local
            ).rstrip("/"),
            trusted_proxies=_trusted_proxies(env),
            environ=env,
        )

    @property
    def has_directory(self) -> bool:
        """Whether people can be known: there is a directory, and an app of ours in it."""
        return bool(self.sign_in_authority and self.sign_in_client_id)

    @property
    def signs_in(self) -> bool:
        """Whether people can sign in by a link: browsers find this app as well."""
        return bool(self.has_directory and self.public_url)

    @property
    def laptop_keys(self) -> Path:
        """Where the stand-in for Entra leaves its public keys; read on a laptop only."""
        return self.data_dir / "entra" / "keys.json"


def _count(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if text and not (text.isdecimal() and text.isascii() and int(text) > 0):
        raise ConfigurationError(f"{name} is {text[:20]!r}; write a whole number above 0")
    return int(text or default)


def _traces(env: Mapping[str, str], *, local: bool) -> str:
    text = env.get("FABRIC_TRACES", "").strip() or ("file" if local else "off")
    if text not in TRACES:
        raise ConfigurationError(
            f"FABRIC_TRACES is {text[:20]!r}; write one of {', '.join(TRACES)}"
        )
    return text


def bus_scheme() -> str:
    """The scheme of `FABRIC_BUS_URL`, unchecked: triggers are chosen before the app starts."""
    return os.environ.get("FABRIC_BUS_URL", "").partition(":")[0]


def _trusted_proxies(env: Mapping[str, str]) -> int:
    value = env.get("FABRIC_TRUSTED_PROXIES") or "1"
    if value not in map(str, range(1, 10)):
        raise ConfigurationError(
            f"FABRIC_TRUSTED_PROXIES is {value!r}; write how many front ends of yours append to "
            "x-forwarded-for: 1 for the platform alone, 2 with Front Door or a gateway before it"
        )
    return int(value)


def _web_url(env: Mapping[str, str], name: str, default: str, *, local: bool) -> str:
    value = env.get(name) or default
    if not secure(value, local=local):
        raise ConfigurationError(
            f"{name} must be an https:// URL (http:// only on loopback, and only when "
            "FABRIC_ENVIRONMENT is local)"
        )
    return value


def _url_or_nothing(env: Mapping[str, str], name: str, *, local: bool) -> str:
    return _web_url(env, name, "", local=local) if env.get(name) else ""


def _public_url(env: Mapping[str, str], *, local: bool) -> str:
    """Where browsers find this app; "" in the cloud unless it is said, for no header is trusted."""
    default = f"http://localhost:{env.get('PORT') or 7071}" if local else ""
    if not env.get("FABRIC_PUBLIC_URL"):
        return default
    return _web_url(env, "FABRIC_PUBLIC_URL", default, local=local).rstrip("/")


def _operator_openid_url(env: Mapping[str, str], *, local: bool) -> str:
    """Where operators' tokens find their keys; "" on a laptop: in the stand-in's file."""
    tenant = env.get("FABRIC_OPERATOR_TENANT") or "organizations"
    default = "" if local else OPERATOR_OPENID_URL.format(tenant=tenant)
    if not env.get("FABRIC_OPERATOR_OPENID_URL"):
        return default
    return _web_url(env, "FABRIC_OPERATOR_OPENID_URL", default, local=local)


def _app_service_auth(env: Mapping[str, str], *, local: bool) -> bool:
    """Whether App Service Authentication is in front: then a header of its says who asks.

    Raises ConfigurationError where it is not, because anybody could send that header.
    """
    value = (env.get("FABRIC_APP_SERVICE_AUTH") or "off").strip().lower()
    if value not in ("on", "off"):
        raise ConfigurationError(f"FABRIC_APP_SERVICE_AUTH is {value[:20]!r}; write on or off")
    if value == "on" and (local or env.get("WEBSITE_AUTH_ENABLED", "").lower() != "true"):
        raise ConfigurationError(
            "FABRIC_APP_SERVICE_AUTH is on, and App Service Authentication is not in front of this "
            "app; enable it on the Function App, or write off"
        )
    return value == "on"


def secure(url: str, *, local: bool) -> bool:
    """Whether an URL is https, or plain http on loopback in the local environment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (
        local and parts.scheme == "http" and parts.hostname in LOOPBACK
    )
