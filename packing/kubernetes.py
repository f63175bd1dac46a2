"""An app in a cluster: `python -m packing.kubernetes --app NAME ...` prints its manifests.

The image is the packed folder on Microsoft's Functions base image (`infra/container/Dockerfile`).
KEDA starts as many pods as the app's queues need, down to `always_ready`; a pod is the app's
identity by workload identity, so there is no secret in the cluster. Sources: keda.sh, "Azure
Service Bus", "Azure Storage Queue", "Azure AD Workload Identity";
azure.github.io/azure-workload-identity.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packing.plan import declared_apps
from shared.errors import ConfigurationError
from shared.manifest.apps import App
from shared.queues import DEAD_LETTERS, EVENTS, OUTBOUND, WEBHOOKS, skill_queue

PORT = 8080
"""The host listens here: a process that is not root takes no port below 1024."""

USER = 1000
START_SECONDS = 60
STOP_SECONDS = 600
"""As long as a function may run: what a pod holds when it is stopped it may finish."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an app goes: its image, who it is, the bus that sets it off, and its settings.

    `namespace` is the cluster's; `bus` is `servicebus://<host>` or `storagequeue://<account>`.
    """

    image: str
    client_id: str
    bus: str
    namespace: str = "bot-fabric"
    settings: Mapping[str, str] | None = None


def documents(app: App, place: Place) -> list[Document]:
    """Every object of one app, in the order in which a cluster takes them."""
    found = [
        _object("v1", "ServiceAccount", app, place, annotations=_identity(place)),
        {**_object("v1", "ConfigMap", app, place), "data": _settings(place)},
        {**_object("apps/v1", "Deployment", app, place), "spec": _deployment(app, place)},
    ]
    if app.front:
        ports = [{"name": "http", "port": 80, "targetPort": PORT}]
        spec = {"selector": _labels(app), "ports": ports}
        found.append({**_object("v1", "Service", app, place), "spec": spec})
    authentication = {"podIdentity": {"provider": "azure-workload", "identityId": place.client_id}}
    found += [
        {
            **_object("keda.sh/v1alpha1", "TriggerAuthentication", app, place),
            "spec": authentication,
        },
        {**_object("keda.sh/v1alpha1", "ScaledObject", app, place), "spec": _scaled(app, place)},
    ]
    return found


def queues_of(app: App) -> list[str]:
    """What sets its functions off."""
    own = [skill_queue(skill) for skill in app.skills]
    return [*own, OUTBOUND, EVENTS, WEBHOOKS, DEAD_LETTERS] if app.front else own


def _object(
    version: str, kind: str, app: App, place: Place, *, annotations: Document | None = None
) -> Document:
    metadata: Document = {
        "name": f"bot-fabric-{app.name}",
        "namespace": place.namespace,
        "labels": _labels(app),
    }
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _labels(app: App) -> Document:
    return {"app.kubernetes.io/name": "bot-fabric", "app.kubernetes.io/component": app.name}


def _identity(place: Place) -> Document:
    return {"azure.workload.identity/client-id": place.client_id}


def _settings(place: Place) -> Document:
    scheme, _, host = place.bus.partition("://")
    bus: dict[str, str] = {"FABRIC_BUS_URL": place.bus}
    if scheme == "servicebus":
        bus["ServiceBusConnection__fullyQualifiedNamespace"] = host
    return {
        "AZURE_CLIENT_ID": place.client_id,
        "ASPNETCORE_URLS": f"http://+:{PORT}",
        "AzureWebJobsScriptRoot": "/home/site/wwwroot",
        "FABRIC_ENVIRONMENT": "cloud",
        "FUNCTIONS_WORKER_RUNTIME": "python",
        **bus,
        **(place.settings or {}),
    }


def _deployment(app: App, place: Place) -> Document:
    labels = {**_labels(app), "azure.workload.identity/use": "true"}
    health: Document = {"httpGet": {"path": "/api/health", "port": PORT}, "timeoutSeconds": 5}
    container: Document = {
        "name": "app",
        "image": place.image,
        "ports": [{"name": "http", "containerPort": PORT}],
        "envFrom": [{"configMapRef": {"name": f"bot-fabric-{app.name}"}}],
        "resources": {
            "requests": {"cpu": "250m", "memory": f"{app.declared.memory_mb // 2}Mi"},
            "limits": {"memory": f"{app.declared.memory_mb}Mi"},
        },
        "startupProbe": {**health, "periodSeconds": 5, "failureThreshold": START_SECONDS // 5},
        "livenessProbe": {**health, "periodSeconds": 30},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "serviceAccountName": f"bot-fabric-{app.name}",
        "terminationGracePeriodSeconds": STOP_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
    return {
        "selector": {"matchLabels": _labels(app)},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }


def _scaled(app: App, place: Place) -> Document:
    """How many pods: HTTP has no scaler here, so the app with the channels keeps one."""
    least = max(app.declared.always_ready, int(app.front))
    return {
        "scaleTargetRef": {"name": f"bot-fabric-{app.name}"},
        "minReplicaCount": least,
        "maxReplicaCount": app.declared.max_instances,
        "pollingInterval": 10,
        "cooldownPeriod": 300,
        "triggers": [_trigger(app, place, queue) for queue in queues_of(app)],
    }


def _trigger(app: App, place: Place, queue: str) -> Document:
    scheme, _, host = place.bus.partition("://")
    authentication = {"name": f"bot-fabric-{app.name}"}
    if scheme == "servicebus":
        return {
            "type": "azure-servicebus",
            "metadata": {
                "queueName": queue,
                "namespace": host.partition(".")[0],
                "messageCount": str(app.declared.concurrency),
            },
            "authenticationRef": authentication,
        }
    return {
        "type": "azure-queue",
        "metadata": {
            "queueName": queue,
            "accountName": host.partition(".")[0],
            "queueLength": str(app.declared.concurrency),
        },
        "authenticationRef": authentication,
    }


def as_yaml(found: Iterable[Document]) -> str:
    """JSON is YAML; a document a paragraph, its keys in the order of the code."""
    return "".join(f"---\n{json.dumps(document, indent=2)}\n" for document in found)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m packing.kubernetes", description="An app's manifests for a cluster."
    )
    parser.add_argument("--app", required=True, help="one of apps.toml, or main")
    parser.add_argument("--image", required=True, help="by its digest: registry/app@sha256:...")
    parser.add_argument("--client-id", required=True, help="of the app's identity")
    parser.add_argument(
        "--bus", required=True, help="servicebus://<host> or storagequeue://<account>"
    )
    parser.add_argument("--namespace", default="bot-fabric")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting"
    )
    arguments = parser.parse_args(words)
    apps = declared_apps(Path.cwd())
    if arguments.app not in apps:
        parser.error(f"there is no app {arguments.app!r}; there are {', '.join(apps)}")
    if arguments.bus.partition("://")[0] not in ("servicebus", "storagequeue"):
        parser.error("--bus: write servicebus://<host> or storagequeue://<account>")
    settings = dict(one.split("=", 1) for one in arguments.set if "=" in one)
    place = Place(
        *(arguments.image, arguments.client_id, arguments.bus, arguments.namespace),
        settings=settings,
    )
    sys.stdout.write(as_yaml(documents(apps[arguments.app], place)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ConfigurationError as error:
        sys.exit(f"error: {error}")
