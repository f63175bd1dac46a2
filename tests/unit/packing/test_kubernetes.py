"""An app's objects in a cluster are valid by schema, and say what `apps.toml` says."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from packing.kubernetes import Place, documents, main, queues_of
from packing.plan import declared_apps
from shared.manifest.apps import App
from tests.golden import golden

ROOT = Path(__file__).parents[3]
APPS = """
[[app]]
name = "answers"
skills = ["knowledge"]
memory_mb = 4096
max_instances = 7
concurrency = 3
"""
IDENTITY = "66666666-7777-4888-8999-aaaaaaaaaaaa"
IMAGE = "contoso.azurecr.io/answers@sha256:0"
BUSES = ("servicebus://contoso.servicebus.windows.net", "storagequeue://contoso")
VERSION = "1.35"
NAMED = {"type": "object", "required": ["name"], "additionalProperties": False}
NAME: dict[str, Any] = {**NAMED, "properties": {"name": {"type": "string"}}}
COUNT = {"type": "integer", "minimum": 0}
KEDA: dict[str, dict[str, Any]] = {
    "ScaledObject": {
        "type": "object",
        "additionalProperties": False,
        "required": ["scaleTargetRef", "triggers"],
        "properties": {
            "scaleTargetRef": NAME,
            "minReplicaCount": COUNT,
            "maxReplicaCount": COUNT,
            "pollingInterval": COUNT,
            "cooldownPeriod": COUNT,
            "triggers": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["type", "metadata"],
                    "properties": {
                        "type": {"enum": ["azure-servicebus", "azure-queue"]},
                        "metadata": {
                            "type": "object",
                            "additionalProperties": {"type": "string"},
                            "required": ["queueName"],
                        },
                        "authenticationRef": NAME,
                    },
                },
            },
        },
    },
    "TriggerAuthentication": {
        "type": "object",
        "additionalProperties": False,
        "required": ["podIdentity"],
        "properties": {
            "podIdentity": {
                "type": "object",
                "additionalProperties": False,
                "required": ["provider", "identityId"],
                "properties": {
                    "provider": {"const": "azure-workload"},
                    "identityId": {"type": "string", "minLength": 36},
                },
            }
        },
    },
}
"""The parts of KEDA's own schema (keda.sh, v1alpha1) that are written here."""


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, App]:
    declared = tmp_path_factory.mktemp("apps") / "apps.toml"
    declared.write_text(APPS)
    return declared_apps(ROOT, declared)


def made(app: App, bus: str = BUSES[0]) -> dict[str, dict[str, Any]]:
    return {one["kind"]: one for one in documents(app, Place(IMAGE, IDENTITY, bus))}


@pytest.mark.parametrize("bus", BUSES)
@pytest.mark.parametrize("name", ["main", "answers"])
def test_every_object_is_valid(apps: dict[str, App], name: str, bus: str) -> None:
    import jsonschema
    import kubernetes_validate

    for kind, one in made(apps[name], bus).items():
        if kind in KEDA:
            jsonschema.validate(one["spec"], KEDA[kind])
        else:
            kubernetes_validate.validate(one, VERSION, strict=True)


def test_a_misspelt_key_is_found(apps: dict[str, App]) -> None:
    import jsonschema
    import kubernetes_validate

    spoilt = made(apps["answers"])
    spoilt["Deployment"]["spec"]["template"]["spec"]["serviceAcountName"] = "x"
    spoilt["ScaledObject"]["spec"]["minReplicas"] = 1

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(spoilt["Deployment"], VERSION, strict=True)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spoilt["ScaledObject"]["spec"], KEDA["ScaledObject"])


def test_every_queue_that_sets_the_app_off_scales_it(apps: dict[str, App]) -> None:
    triggers = {
        one["queueName"]
        for found in golden().values()
        for one in found
        if one["type"] == "serviceBusTrigger"
    }

    assert set().union(*(queues_of(app) for app in apps.values())) == triggers
    assert queues_of(apps["answers"]) == ["skill-knowledge"]


def test_size_and_scale_are_those_of_the_file(apps: dict[str, App]) -> None:
    objects = made(apps["answers"])
    [container] = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    scaled = objects["ScaledObject"]["spec"]

    assert container["resources"]["limits"]["memory"] == "4096Mi"
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (0, 7)
    assert scaled["triggers"][0]["metadata"] == {
        "queueName": "skill-knowledge",
        "namespace": "contoso",
        "messageCount": "3",
    }
    assert made(apps["main"])["ScaledObject"]["spec"]["minReplicaCount"] == 1


def test_a_pod_is_its_identity_and_holds_no_secret(apps: dict[str, App]) -> None:
    objects = made(apps["answers"])
    pod = objects["Deployment"]["spec"]["template"]

    assert pod["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    account = objects["ServiceAccount"]["metadata"]
    assert account["annotations"]["azure.workload.identity/client-id"] == IDENTITY
    assert pod["spec"]["serviceAccountName"] == account["name"]
    assert "Secret" not in objects
    assert "Service" not in objects


def test_the_command_prints_the_same_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--app", "main", "--image", IMAGE, "--client-id", IDENTITY, "--bus", BUSES[0]]

    printed = []
    for _ in range(2):
        assert main([*words, "--set", "FABRIC_EVENTS_URL=bus://"]) == 0
        printed.append(capsys.readouterr().out)

    assert printed[0] == printed[1]
    found = list(YAML(typ="safe").load_all(printed[0]))
    assert [one["kind"] for one in found][:3] == ["ServiceAccount", "ConfigMap", "Deployment"]
    assert found[1]["data"]["FABRIC_EVENTS_URL"] == "bus://"
    assert json.dumps(found)
