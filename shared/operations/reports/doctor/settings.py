"""Environment variables: what the platform stands on, and what its channels need."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from shared.adapter_forms import FORMS
from shared.manifest.shape import did_you_mean
from shared.operations.reports.doctor.mistake import Mistake, Premises
from shared.web_address import secure

SAMPLES = frozenset({"local-app-secret", "local-verify-token", "local-access-token"})
"""What `make run` sets: everybody knows them."""

SHORTEST = {
    "FABRIC_WHATSAPP_APP_SECRET": 16,
    "FABRIC_WHATSAPP_VERIFY_TOKEN": 8,
    "FABRIC_WHATSAPP_ACCESS_TOKEN": 16,
}
"""Characters of a secret that nobody finds out by trying."""

OPTIONAL = frozenset(
    {
        *("FABRIC_STREAM_URL", "FABRIC_SAFETY_URL", "FABRIC_SPEECH_URL"),
        *("FABRIC_TRANSLATOR_URL", "FABRIC_DOCUMENTS_URL", "FABRIC_INDEX_URL"),
    }
)
"""Of the URLs, what the platform goes without: pages then ask again and again."""

FLEX_SIZES_MB = ("512", "2048", "4096")
FLEX_REFUSES = (
    *("FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION", "WEBSITE_RUN_FROM_PACKAGE"),
    *("WEBSITE_TIME_ZONE", "TZ", "SCM_DO_BUILD_DURING_DEPLOYMENT", "ENABLE_ORYX_BUILD"),
    *("WEBSITE_CONTENTSHARE", "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING"),
    "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT",
)
"""App settings that a Flex Consumption app must not have."""

_GRAPH = re.compile(r"/v\d+\.\d+/?$")


def environment(premises: Premises) -> Iterator[Mistake]:
    value = premises.get("FABRIC_ENVIRONMENT")
    if value not in ("", "local", "cloud"):
        yield Mistake(
            "environment", "FABRIC_ENVIRONMENT", f"is {value!r}", 'write "local" or "cloud"'
        )


def unknown(premises: Premises) -> Iterator[Mistake]:
    """A name of ours that nothing reads, and a file that is not where a setting says."""
    example = premises.root / "local.settings.example.json"
    known = json.loads(example.read_text("utf-8"))["Values"] if example.is_file() else {}
    for name in sorted(premises.environ) if known else ():
        if name.startswith("FABRIC_") and name not in known:
            meant = did_you_mean(name, known) or "remove it; docs/settings.md has all there are"
            yield Mistake("unknown-setting", name, "is read by nothing", meant, warning=True)
    for kind in ("access", "backends", "departments", "policy", "prices", "webhooks"):
        setting, default = f"FABRIC_{kind.upper()}_FILE", f"{kind}.toml"
        path = premises.path(setting, default)
        if premises.get(setting) not in ("", default) and not path.is_file():
            yield Mistake(
                "file-missing", setting, f"there is no file {path}", "correct it, or remove it"
            )


def urls(premises: Premises) -> Iterator[Mistake]:
    """Where store, bus, events and models are: there, and of a form that is known."""
    for setting, forms in FORMS.items():
        name = f"{setting.removeprefix('FABRIC_').removesuffix('_URL').lower()}-url"
        value, known = premises.get(setting), ", ".join(forms.values())
        if not value:
            if not premises.local and setting not in OPTIONAL:
                yield Mistake(name, setting, "is not set", f"write one of {known}")
            continue
        scheme = value.partition(":")[0]
        if scheme not in forms:
            yield Mistake(name, setting, f"has the scheme {scheme[:20]!r}", f"write one of {known}")
        elif "<" in forms[scheme] and not urlsplit(value).netloc and scheme != "sqlite":
            yield Mistake(name, setting, "names no host", f"write {forms[scheme]}")


def ephemeral(premises: Premises) -> Iterator[Mistake]:
    """What would be lost with the instance."""
    if premises.local:
        return
    for setting, instead in (
        ("FABRIC_STORE_URL", "cosmos://<account-host>/<database>"),
        ("FABRIC_BUS_URL", "servicebus://<namespace-host>"),
    ):
        if premises.get(setting).startswith("sqlite:"):
            yield Mistake(
                "ephemeral",
                setting,
                "is a file of one instance, and goes with it",
                f"write {instead}",
            )
    if premises.get("FABRIC_AI_URL").startswith("offline:"):
        yield Mistake(
            "offline-model",
            "FABRIC_AI_URL",
            "answers without a model",
            "write azure-openai://<resource-host> when people are to get more than quotations",
            warning=True,
        )


def data_folder(premises: Premises) -> Iterator[Mistake]:
    if not premises.local:
        return
    folder: Path = premises.path("FABRIC_DATA_DIR", ".fabric")
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        yield Mistake(
            "data-folder", "FABRIC_DATA_DIR", f"{folder} is a file", "name a folder to write to"
        )


def web_urls(premises: Premises) -> Iterator[Mistake]:
    for setting in (
        *("FABRIC_TEAMS_OPENID_URL", "FABRIC_TEAMS_TOKEN_URL", "FABRIC_WHATSAPP_GRAPH_URL"),
        "FABRIC_OPERATOR_OPENID_URL",
    ):
        value = premises.get(setting)
        if value and not secure(value, local=premises.local):
            yield Mistake(
                "plain-http",
                setting,
                "is no https:// URL",
                "write https:// (http:// on loopback, and only locally)",
            )
    graph = premises.get("FABRIC_WHATSAPP_GRAPH_URL")
    if graph and not _GRAPH.search(graph) and not premises.local:
        yield Mistake(
            "graph-version",
            "FABRIC_WHATSAPP_GRAPH_URL",
            "ends without a version",
            "write https://graph.facebook.com/v24.0",
        )


def whatsapp(premises: Premises) -> Iterator[Mistake]:
    used = any(bot.channels.whatsapp for bot in premises.bots.values())
    needs = {
        "FABRIC_WHATSAPP_APP_SECRET": ("app-secret", "the app secret that Meta shows"),
        "FABRIC_WHATSAPP_VERIFY_TOKEN": ("unverified-webhook", "the verify token that Meta sends"),
        "FABRIC_WHATSAPP_ACCESS_TOKEN": ("access-token", "a system user's access token"),
    }
    for setting, (name, what) in needs.items():
        value = premises.get(setting)
        if used and not value:
            yield Mistake(
                name, setting, "is not set, and a bot is on WhatsApp", f"set it to {what}"
            )
        elif value in SAMPLES and not premises.local:
            yield Mistake("sample-secret", setting, "is the sample's", f"set it to {what}")
        elif value and not premises.local and _shortest(value) < SHORTEST[setting]:
            sentence = f"has less than {SHORTEST[setting]} characters, and can be guessed"
            yield Mistake("short-secret", setting, sentence, f"set it to {what}")


def _shortest(value: str) -> int:
    """Characters of the shortest of the secrets that a setting lists while one rotates."""
    return min(len(one.strip()) for one in value.split(","))


def teams(premises: Premises) -> Iterator[Mistake]:
    if not premises.local and premises.get("FABRIC_TEAMS_SERVICE_HOSTS"):
        yield Mistake(
            "service-hosts",
            "FABRIC_TEAMS_SERVICE_HOSTS",
            "is ignored in the cloud",
            "remove it; Microsoft's own hosts are known",
            warning=True,
        )


def platform(premises: Premises) -> Iterator[Mistake]:
    """What Flex Consumption takes as a setting, and what not."""
    size = premises.get("FABRIC_FUNCTION_MEMORY_MB")
    if size and size not in FLEX_SIZES_MB:
        yield Mistake(
            "memory-size",
            "FABRIC_FUNCTION_MEMORY_MB",
            f"{size[:20]!r} is no size of an instance",
            f"write one of {', '.join(FLEX_SIZES_MB)}",
        )
    both = ("PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY", "PYTHON_ENABLE_OPENTELEMETRY")
    if all(premises.get(name).lower() == "true" for name in both):
        yield Mistake(
            "telemetry-twice", both[1], "is set beside the other flag", f"keep only {both[0]}"
        )
    if premises.local:
        return
    for name in FLEX_REFUSES:
        if premises.get(name):
            yield Mistake(
                "flex-setting", name, "is not for a Flex Consumption app", "remove it there"
            )


CHECKS = (environment, unknown, urls, ephemeral, data_folder, web_urls, whatsapp, teams, platform)
