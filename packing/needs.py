"""What the apps need of Azure, as one list: `python -m packing.needs` writes `infra/needs.json`.

The Bicep makes what stands in it, so that a skill, a bot or an app that somebody adds has its
queue, its registration or its plan without a line of Bicep.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from packing.plan import declared_apps, manifests
from shared.bot import Bot
from shared.governance.department import Department
from shared.indexes.cosmos import container as passages
from shared.manifest.apps import App
from shared.manifest.departments import load_departments
from shared.manifest.toml_file import AsWritten
from shared.queues import DEAD_LETTERS, EVENTS, OUTBOUND, PLAIN, WEBHOOKS, skill_queue
from shared.storage.cosmos.documents import CONTAINERS, DEFINITION

NEEDS_FILE = Path("infra/needs.json")


@dataclass(frozen=True, slots=True)
class Role:
    """What an app's identity may do, on which kind of resource, and why."""

    on: str
    name: str
    id: str
    why: str


ROLES = (
    Role(
        "storage",
        "Storage Blob Data Owner",
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "The host reads the package and keeps its locks; large bodies wait here.",
    ),
    Role(
        "storage",
        "Storage Queue Data Contributor",
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        "The host's own queues, and all queues where Service Bus is not.",
    ),
    Role(
        "bus",
        "Azure Service Bus Data Sender",
        "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
        "Webhooks and turns put messages into queues.",
    ),
    Role(
        "bus",
        "Azure Service Bus Data Receiver",
        "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
        "The triggers take messages from queues.",
    ),
    Role(
        "topic",
        "EventGrid Data Sender",
        "d5a91429-5739-47e2-a06b-3470a27159e7",
        "Turns publish facts.",
    ),
    Role(
        "vault",
        "Key Vault Secrets User",
        "4633458b-17de-408a-b874-0445c86b69e6",
        "Channels and backends read the secrets that settings name by their place.",
    ),
    Role(
        "models",
        "Cognitive Services OpenAI User",
        "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        "Skills ask models.",
    ),
    Role(
        "speech",
        "Cognitive Services Speech User",
        "f2dc8367-1007-4938-bd23-fe263f013447",
        "Voice notes are transcribed.",
    ),
    Role(
        "translator",
        "Cognitive Services User",
        "a97b65f3-24c7-4388-baec-2e87135dc908",
        "Skills translate.",
    ),
    Role(
        "documents",
        "Cognitive Services User",
        "a97b65f3-24c7-4388-baec-2e87135dc908",
        "Scans and photos are read.",
    ),
    Role(
        "search",
        "Search Index Data Reader",
        "1407120a-92aa-4202-b7e9-c0e197c71c8f",
        "Turns find articles; a sync runs where the apps are packed, as somebody else.",
    ),
    Role(
        "insights",
        "Monitoring Metrics Publisher",
        "3913510d-42f4-4e42-8a64-420c390055eb",
        "Logs and metrics come from the app, and from nobody else.",
    ),
    Role(
        "store",
        "Cosmos DB Built-in Data Contributor",
        "00000000-0000-0000-0000-000000000002",
        "Turns read and write conversations, and find articles where they are kept in Cosmos DB; "
        "containers are made by infrastructure.",
    ),
)


def needs(root: Path) -> dict[str, Any]:
    """The list for one checkout. Raises ConfigurationError for a file that is wrong."""
    apps = declared_apps(root)
    skills = [skill for app in apps.values() for skill in app.skills]
    queues = [*sorted(map(skill_queue, skills)), OUTBOUND, EVENTS, WEBHOOKS, DEAD_LETTERS]
    bots = manifests(root)
    departments = load_departments(root / "departments.toml", AsWritten())
    return {
        "apps": [_app(app, departments) for app in apps.values()],
        "queues": [{"name": name, "sessions": name not in PLAIN} for name in queues],
        "containers": list(CONTAINERS),
        "container": DEFINITION,
        "index": _index(),
        "bots": [_bot(bot, departments) for bot in bots.values()],
        "groups": _groups(bots.values(), departments),
        "models": sorted({bot.model for bot in bots.values()}),
        "roles": [asdict(role) for role in ROLES],
    }


def _index() -> Mapping[str, Any]:
    """The container that articles are found in, for as many dimensions as the vectors have."""
    made = passages.definition(1)
    del made["vectorEmbeddingPolicy"]
    return {"id": passages.NAME, **made, "embedding": passages.EMBEDDING}


def write(root: Path) -> str:
    return json.dumps(needs(root), indent=2) + "\n"


def _groups(bots: Iterable[Bot], departments: Mapping[str, Department]) -> list[Mapping[str, Any]]:
    """Resource groups beside the platform's: of each department with a bot that has its own."""
    own = {bot.department for bot in bots}
    return [
        {
            "name": one.resource_group,
            "subscription": one.subscription,
            "department": one.id,
            "costCenter": one.cost_center or "none",
        }
        for one in departments.values()
        if one.resource_group and one.id in own
    ]


def _app(app: App, departments: Mapping[str, Department]) -> Mapping[str, Any]:
    ready = app.declared.always_ready
    names = [f"function:skill_{skill.replace('-', '_')}" for skill in app.skills]
    return {
        "name": app.name,
        "front": app.front,
        **_payer(app, departments),
        "memoryMB": app.declared.memory_mb,
        "maxInstances": app.declared.max_instances,
        "alwaysReady": [
            {"name": name, "instanceCount": ready}
            for name in (["http", *names] if app.front else names)
            if ready
        ],
    }


def _payer(app: App, departments: Mapping[str, Department]) -> Mapping[str, Any]:
    """Whose app it is, for the tags: the department's that has it alone, else the platform's."""
    named = app.declared.departments
    if len(named) != 1 or app.declared.skills or app.declared.bots:
        return {"department": "", "costCenter": ""}
    department = departments.get(named[0])
    return {
        "department": named[0],
        "costCenter": (department.cost_center if department else "") or "none",
    }


def _bot(bot: Bot, departments: Mapping[str, Department]) -> Mapping[str, Any]:
    department = departments.get(bot.department, Department(bot.department))
    return {
        "id": bot.id,
        "name": bot.name,
        "department": bot.department,
        "costCenter": bot.cost_center or department.cost_center or "none",
        "group": department.resource_group,
        "subscription": department.subscription,
        "teams": bot.channels.teams is not None,
        "appIdSetting": f"{bot.id.upper().replace('-', '_')}_APP_ID",
    }


if __name__ == "__main__":
    NEEDS_FILE.write_text(write(Path.cwd()))
