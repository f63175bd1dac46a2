"""Speech, translator and documents: a key without a place, a place that no identity opens."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from shared.adapter_forms import FORMS
from shared.operations.reports.doctor.mistake import Mistake, Premises

SENSES = ("SPEECH", "TRANSLATOR", "DOCUMENTS")

SHARED_HOSTS = (".api.cognitive.microsoft.com", ".cognitive.microsofttranslator.com")
"""Hosts of a region or of all resources: they take keys alone, and the translator's has another
path."""


def senses(premises: Premises) -> Iterator[Mistake]:
    for name in SENSES:
        url, key = f"FABRIC_{name}_URL", f"FABRIC_{name}_KEY"
        form = next(form for scheme, form in FORMS[url].items() if scheme != "offline")
        value = premises.get(url)
        configured = value not in ("", "offline://")
        if premises.get(key) and not configured:
            yield Mistake(
                "service-half-set",
                key,
                f"is set, and {url} names no service",
                f"set {url} to {form}, or remove the key",
                warning=True,
            )
        host = urlsplit(value).hostname or ""
        if f".{host}".endswith(SHARED_HOSTS):
            yield Mistake(
                "service-host",
                url,
                f"{host} is the host of many resources",
                f"write {form}, the resource's own: <name>.cognitiveservices.azure.com",
            )


def voices(premises: Premises) -> Iterator[Mistake]:
    """Bots that are to hear where nobody listens; on a laptop that is so until somebody does."""
    if premises.local or premises.get("FABRIC_SPEECH_URL") not in ("", "offline://"):
        return
    for bot in premises.bots.values():
        if bot.voice:
            yield Mistake(
                "voice-unheard",
                f"bot {bot.id}",
                "is to hear voice notes, and FABRIC_SPEECH_URL names no service",
                "set it to azure-speech://<resource-host>, or remove voice",
                warning=True,
            )


CHECKS = (senses, voices)
