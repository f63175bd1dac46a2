"""Our own rules: identities instead of keys, tags on everything, nothing public in production."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tree_sitter import Node

from infra.check.source import Finding, Source, body, is_existing, properties, target, text

TAGLESS = (
    *(
        "Microsoft.Authorization/",
        "Microsoft.Consumption/",
        "Microsoft.Insights/diagnosticSettings",
    ),
    *("Microsoft.DocumentDB/databaseAccounts/", "Microsoft.ServiceBus/namespaces/"),
    *("Microsoft.Storage/storageAccounts/", "Microsoft.EventGrid/topics/"),
    *("Microsoft.CognitiveServices/accounts/", "Microsoft.Web/sites/"),
    *("Microsoft.Network/privateEndpoints/", "Microsoft.ApiManagement/service/"),
)
"""Types, or the beginnings of types, that take no tags."""

KEYLESS = {
    "Microsoft.CognitiveServices/accounts": "disableLocalAuth: true",
    "Microsoft.DocumentDB/databaseAccounts": "disableLocalAuth: true",
    "Microsoft.EventGrid/topics": "disableLocalAuth: true",
    "Microsoft.Insights/components": "DisableLocalAuth: true",
    "Microsoft.KeyVault/vaults": "enableRbacAuthorization: true",
    "Microsoft.ServiceBus/namespaces": "disableLocalAuth: true",
    "Microsoft.Storage/storageAccounts": "allowSharedKeyAccess: false",
    "Microsoft.BotService/botServices": "disableLocalAuth: true",
    "Microsoft.Web/sites": "httpsOnly: true",
}
"""What each type has to say of its own keys, or of plain HTTP."""

CLOSABLE = (
    *("Microsoft.CognitiveServices/accounts", "Microsoft.DocumentDB/databaseAccounts"),
    *("Microsoft.EventGrid/topics", "Microsoft.KeyVault/vaults"),
    *("Microsoft.ServiceBus/namespaces", "Microsoft.Storage/storageAccounts"),
)
"""Types whose public endpoint a parameter has to be able to shut."""

PRODUCTION = {"privateNetwork": True, "zoneRedundant": True, "serviceBusSku": "Premium"}

TAGGED = ("bot", "department", "cost-center")
"""What the tags of everything say."""

_OURS = re.compile(r"tags$|union\(tags, ")
_KEYS = re.compile(r"\blist(Keys|AccountSas|ServiceSas|Secrets)?\(|AccountKey=|SharedAccessKey=")


def check_rules(sources: list[Source]) -> Iterator[Finding]:
    versions: dict[str, tuple[str, Source, Node]] = {}
    for source in sources:
        if leak := _KEYS.search(text(source.root)):
            yield source.finding(source.root, f"{leak[0]} hands a key out; give a role instead")
        for name, block in source.resources.items():
            type, _, version = target(block).partition("@")
            first = versions.setdefault(type, (version, source, block))
            if first[0] != version:
                yield source.finding(block, f"{type} is {version} here and {first[0]} elsewhere")
            if not is_existing(block):
                yield from _resource(source, name, block, type)


def check_tags(main: Source) -> Iterator[Finding]:
    """The tags that all resources have say whose they are and who pays."""
    node = main.declared.get("tags")
    given = properties(node.named_children[-1]) if node else {}
    for name in TAGGED:
        if node and name not in {key.strip("'") for key in given}:
            yield main.finding(node, f"tags do not say {name}")


def check_parameters(folder: Path, main: Source) -> Iterator[Finding]:
    """Each environment has the parameters that it must give, no other, and production is shut."""
    for path in sorted((folder / "parameters").glob("*.json")):
        given = {
            name: one.get("value")
            for name, one in json.loads(path.read_bytes())["parameters"].items()
        }
        for name in given.keys() - main.parameters.keys():
            yield Finding(path.name, 1, f"main.bicep has no parameter {name}")
        for name, node in main.parameters.items():
            if name not in given and not any(child.type == "=" for child in node.children):
                yield Finding(path.name, 1, f"main.bicep wants the parameter {name}")
        if given.get("privateNetwork") and given.get("gatewaySku") == "BasicV2":
            yield Finding(path.name, 1, "gatewaySku BasicV2 has no way into the private network")
        for name, value in PRODUCTION.items() if path.stem == "prod" else ():
            if given.get(name) != value:
                yield Finding(path.name, 1, f"{name} is not {json.dumps(value)} in production")


def _resource(source: Source, name: str, block: Node, type: str) -> Iterator[Finding]:
    given = properties(body(block))
    said = re.sub(r"\s+", " ", text(block))
    if not type.startswith(TAGLESS) and "tags" not in given:
        yield source.finding(block, f"{name} has no tags")
    elif "tags" in given and not _OURS.match(text(given["tags"])):
        yield source.finding(block, f"{name} has tags of its own; write union(tags, {{ ... }})")
    if (rule := KEYLESS.get(type)) and rule not in said:
        yield source.finding(block, f"{name} does not say {rule}")
    if type in CLOSABLE and "publicNetworkAccess: publicNetworkAccess" not in said:
        yield source.finding(block, f"{name} has a public endpoint that no parameter shuts")
    if type.startswith("Microsoft.Authorization/roleAssignments"):
        described = "description" in properties(given.get("properties"))
        if not described:
            yield source.finding(block, f"{name} does not say why")
