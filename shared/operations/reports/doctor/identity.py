"""Who the app is: connection strings, managed identities, secrets by their place, operators."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from shared import vault_reference
from shared.operations.reports.doctor.mistake import Mistake, Premises

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_A_GUID = "write it as 00000000-0000-0000-0000-000000000000"
CONNECTIONS = {
    "ServiceBusConnection": ("fullyQualifiedNamespace",),
    "AzureWebJobsStorage": ("accountName", "blobServiceUri", "queueServiceUri"),
}
"""Settings that the Functions host opens, and what names the service where there is no key."""


def service_bus(premises: Premises) -> Iterator[Mistake]:
    """The connection string opens the namespace that the app sends to, all of it."""
    text = premises.get("ServiceBusConnection")
    if not text:
        return
    parts = dict(part.partition("=")[::2] for part in text.split(";") if part)
    host = urlsplit(parts.get("Endpoint", "")).hostname or ""
    setting = "ServiceBusConnection"
    if not host:
        yield Mistake(
            "connection-string", setting, "has no Endpoint", "copy the whole connection string"
        )
    elif not parts.get("SharedAccessKey"):
        yield Mistake(
            "connection-key",
            setting,
            "has no SharedAccessKey",
            "copy the whole string of a policy, or use an identity and leave it empty",
        )
    if parts.get("EntityPath"):
        yield Mistake(
            "connection-entity",
            setting,
            f"is for {parts['EntityPath'][:40]!r} alone",
            "take a policy of the namespace, not of one queue",
        )
    bus = urlsplit(premises.get("FABRIC_BUS_URL"))
    if host and bus.scheme == "servicebus" and bus.hostname and bus.hostname != host:
        yield Mistake(
            "connection-namespace",
            setting,
            f"opens {host}, and FABRIC_BUS_URL sends to {bus.hostname}",
            "name the same namespace in both",
        )


def connections(premises: Premises) -> Iterator[Mistake]:
    """What the host opens by identity names the identity as well."""
    if premises.local:
        return
    client = premises.get("AZURE_CLIENT_ID")
    if client and not _GUID.fullmatch(client):
        yield Mistake("client-id", "AZURE_CLIENT_ID", "is no GUID", _A_GUID)
    needed = {"AzureWebJobsStorage"}
    if premises.get("FABRIC_BUS_URL").startswith("servicebus:"):
        needed.add("ServiceBusConnection")
    for setting, names in CONNECTIONS.items():
        if premises.get(setting) or setting not in needed:
            continue
        if not any(premises.get(f"{setting}__{name}") for name in names):
            yield Mistake(
                "connection-missing",
                setting,
                "is not set, nor what names the service for an identity",
                f"set {setting}__{names[0]}",
            )
            continue
        if premises.get(f"{setting}__credential") != "managedidentity":
            yield Mistake(
                "identity-credential",
                f"{setting}__credential",
                "is not managedidentity",
                f"set {setting}__credential=managedidentity, or the host asks nobody",
            )
        if premises.get(f"{setting}__clientId") != client:
            yield Mistake(
                "identity-client",
                f"{setting}__clientId",
                "is not AZURE_CLIENT_ID",
                "name the same user-assigned identity in both; that one has the roles",
            )


def references(premises: Premises) -> Iterator[Mistake]:
    """Secrets by their place: resolved by the platform, or of a form that the app can read."""
    for name, value in sorted(premises.environ.items()):
        if value.startswith("@Microsoft.KeyVault("):
            yield Mistake(
                "vault-reference",
                name,
                "is a Key Vault reference that the platform did not resolve",
                "set keyVaultReferenceIdentity and give it the role Key Vault Secrets User",
            )
        elif vault_reference.is_reference(value) and not vault_reference.parse(
            value, local=premises.local
        ):
            yield Mistake(
                "vault-form", name, "is no place in a vault", f"write {vault_reference.FORM}"
            )


def operators(premises: Premises) -> Iterator[Mistake]:
    if premises.local:
        return
    if not premises.get("FABRIC_OPERATOR_AUDIENCE"):
        yield Mistake(
            "operator-audience",
            "FABRIC_OPERATOR_AUDIENCE",
            "is not set: nobody can operate over HTTP",
            "set it to the application id URI, such as api://bot-fabric",
            warning=True,
        )
    tenant = premises.get("FABRIC_OPERATOR_TENANT")
    if not tenant:
        yield Mistake(
            "operator-tenant",
            "FABRIC_OPERATOR_TENANT",
            "is not set: nobody can operate over HTTP",
            "set it to the directory (tenant) id of the organisation",
            warning=True,
        )
    elif not _GUID.fullmatch(tenant):
        yield Mistake("operator-tenant", "FABRIC_OPERATOR_TENANT", "is no GUID", _A_GUID)


CHECKS = (service_bus, connections, references, operators)
