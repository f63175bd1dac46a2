"""Every environment variable the app reads; local.settings.example.json lists them too."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from shared.environment import Environment
from shared.errors import ConfigurationError

BOTFRAMEWORK_OPENID_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
ENTRA_TOKEN_URL = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
GRAPH_URL = "https://graph.facebook.com/v24.0"
LAPTOP_TENANT = "c0a7c0de-0000-4000-8000-000000000001"
LAPTOP_AUDIENCE = "api://bot-fabric"
"""The organisation and the API that the stand-in for Entra issues operators' tokens for."""

OPERATOR_OPENID_URL = (
    "https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"
)
TRACES = ("off", "file", "opentelemetry")
"""Where spans go: nowhere, into the data folder, to the provider that the worker set up."""
EMBEDDINGS = ("auto", "warm", "off")
"""When the encoder is loaded: after the first need, at the start, never."""


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
        env = Environment.of(dict(os.environ if environ is None else environ))
        local = env.local
        data_dir = env.path("FABRIC_DATA_DIR", ".fabric")
        tenant = env.text("FABRIC_OPERATOR_TENANT")
        return cls(
            local=local,
            data_dir=data_dir,
            bots_dir=env.path("FABRIC_BOTS_DIR", "bots"),
            knowledge_dir=env.path("FABRIC_KNOWLEDGE_DIR", "knowledge"),
            store_url=env.adapter("FABRIC_STORE_URL", f"sqlite:///{data_dir / 'store.db'}"),
            bus_url=env.adapter("FABRIC_BUS_URL", f"sqlite:///{data_dir / 'bus.db'}"),
            events_url=env.adapter("FABRIC_EVENTS_URL", "bus://"),
            ai_url=env.adapter("FABRIC_AI_URL", "offline://"),
            stream_url=env.text("FABRIC_STREAM_URL"),
            stream_key=env.key("FABRIC_STREAM_KEY"),
            index_url=env.text("FABRIC_INDEX_URL"),
            index_key=env.key("FABRIC_INDEX_KEY"),
            backends_file=env.path("FABRIC_BACKENDS_FILE", "backends.toml"),
            access_file=env.path("FABRIC_ACCESS_FILE", "access.toml"),
            webhooks_file=env.path("FABRIC_WEBHOOKS_FILE", "webhooks.toml"),
            policy_file=env.path("FABRIC_POLICY_FILE", "policy.toml"),
            operator_audience=env.text("FABRIC_OPERATOR_AUDIENCE")
            or (LAPTOP_AUDIENCE if local else ""),
            operator_tenant=tenant or (LAPTOP_TENANT if local else ""),
            operator_openid_url=env.web_url(
                "FABRIC_OPERATOR_OPENID_URL",
                "" if local else OPERATOR_OPENID_URL.format(tenant=tenant or "organizations"),
            ),
            app_service_auth=_app_service_auth(env),
            sign_in_authority=env.web_url("FABRIC_SIGN_IN_AUTHORITY"),
            sign_in_client_id=env.text("FABRIC_SIGN_IN_CLIENT_ID"),
            sign_in_client_secret=env.key("FABRIC_SIGN_IN_CLIENT_SECRET"),
            public_url=env.web_url(
                "FABRIC_PUBLIC_URL", f"http://localhost:{env.text('PORT') or 7071}" if local else ""
            ),
            region=env.text("FABRIC_REGION"),
            graph_url=env.web_url("FABRIC_GRAPH_URL", "https://graph.microsoft.com/v1.0"),
            prices_file=env.path("FABRIC_PRICES_FILE", "prices.toml"),
            departments_file=env.path("FABRIC_DEPARTMENTS_FILE", "departments.toml"),
            function_memory_mb=env.count("FABRIC_FUNCTION_MEMORY_MB", 2048),
            traces=env.one_of("FABRIC_TRACES", TRACES, "file" if local else "off"),
            ai_models=env.text("FABRIC_AI_MODELS"),
            ai_key=env.key("FABRIC_AI_KEY"),
            safety_url=env.service("FABRIC_SAFETY_URL"),
            safety_key=env.key("FABRIC_SAFETY_KEY"),
            gateway_url=env.web_url("FABRIC_GATEWAY_URL"),
            gateway_key=env.key("FABRIC_GATEWAY_KEY"),
            gateway_scope=env.text("FABRIC_GATEWAY_SCOPE"),
            speech_url=env.service("FABRIC_SPEECH_URL"),
            speech_key=env.key("FABRIC_SPEECH_KEY"),
            translator_url=env.service("FABRIC_TRANSLATOR_URL"),
            translator_key=env.key("FABRIC_TRANSLATOR_KEY"),
            documents_url=env.service("FABRIC_DOCUMENTS_URL"),
            documents_key=env.key("FABRIC_DOCUMENTS_KEY"),
            embeddings=env.one_of(
                *("FABRIC_EMBEDDINGS", EMBEDDINGS, "warm" if local else "auto"),
                meaning="auto (loaded after the first need, if installed), warm (loaded at the "
                "start) or off",
            ),
            events_key=env.key("FABRIC_EVENTS_KEY"),
            cosmos_key=env.key("FABRIC_COSMOS_KEY"),
            servicebus_connection=env.key("ServiceBusConnection"),
            storage_connection=env.key("AzureWebJobsStorage"),
            storage_account=env.text("AzureWebJobsStorage__accountName"),
            client_id=env.text("AZURE_CLIENT_ID"),
            sqlite_synchronous=env.one_of(
                "FABRIC_SQLITE_SYNCHRONOUS", ("FULL", "NORMAL"), "FULL", meaning="FULL or NORMAL"
            ),
            teams_openid_url=env.web_url("FABRIC_TEAMS_OPENID_URL", BOTFRAMEWORK_OPENID_URL),
            teams_token_url=env.web_url("FABRIC_TEAMS_TOKEN_URL", ENTRA_TOKEN_URL),
            teams_token_service_url=env.web_url("FABRIC_TEAMS_TOKEN_SERVICE_URL"),
            teams_service_hosts=frozenset(
                host.lower() for host in env.texts("FABRIC_TEAMS_SERVICE_HOSTS") if local
            ),
            whatsapp_app_secrets=env.texts("FABRIC_WHATSAPP_APP_SECRET"),
            whatsapp_verify_token=env.key("FABRIC_WHATSAPP_VERIFY_TOKEN"),
            whatsapp_access_token=env.key("FABRIC_WHATSAPP_ACCESS_TOKEN"),
            whatsapp_graph_url=env.web_url("FABRIC_WHATSAPP_GRAPH_URL", GRAPH_URL),
            trusted_proxies=int(
                env.one_of(
                    *("FABRIC_TRUSTED_PROXIES", [str(n) for n in range(1, 10)], "1"),
                    meaning="how many front ends of yours append to x-forwarded-for: 1 for the "
                    "platform alone, 2 with Front Door or a gateway before it",
                )
            ),
            environ=env.values,
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


def bus_scheme() -> str:
    """The scheme of `FABRIC_BUS_URL`, unchecked: triggers are chosen before the app starts."""
    return os.environ.get("FABRIC_BUS_URL", "").partition(":")[0]


def _app_service_auth(env: Environment) -> bool:
    """Whether App Service Authentication is in front: then a header of its says who asks.

    Raises ConfigurationError where it is not, because anybody could send that header.
    """
    said = env.one_of("FABRIC_APP_SERVICE_AUTH", ("on", "off"), "off", meaning="on or off")
    if said == "on" and (env.local or env.text("WEBSITE_AUTH_ENABLED").lower() != "true"):
        raise ConfigurationError(
            "FABRIC_APP_SERVICE_AUTH is on, and App Service Authentication is not in front of this "
            "app; enable it on the Function App, or write off"
        )
    return said == "on"
