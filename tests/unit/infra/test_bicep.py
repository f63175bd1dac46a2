"""The Bicep as far as it can be judged here, and what the check says of one mistake at a time."""

import json
import re
import shutil
from pathlib import Path

import pytest

from infra.check.__main__ import FOLDER, findings
from infra.check.names import check_names
from infra.check.source import read

MISTAKES = [
    ("main.bicep", "location: location", "location: locaton", "locaton is not declared"),
    (
        "main.bicep",
        "monthlyBudgetUsd: monthlyBudgetUsd",
        "",
        "wants the parameter monthly",
    ),
    ("main.bicep", "opsEmail: opsEmail", "opsMail: opsEmail", "has no parameter opsMail"),
    ("main.bicep", "data.outputs.storageId", "data.outputs.storage", "no output storage"),
    ("main.bicep", "modules/ai.bicep", "modules/models.bicep", "there is no modules/models.bicep"),
    ("main.bicep", "output vault", "var spare = 1\noutput vault", "spare is not used"),
    ("main.bicep", "param location string", "param location string = ", "is no Bicep"),
    ("modules/app.bicep", "existing = if (bus", "= if (bus", "namespace has no tags"),
    ("modules/app.bicep", "role.why", "rule.why", "rule is not declared"),
    ("modules/app.bicep", "    description: role.why\n", "", "onStorage does not say why"),
    ("modules/app.bicep", "httpsOnly: true", "httpsOnly: false", "does not say httpsOnly: true"),
    ("modules/app.bicep", "vaults@2024-11-01", "vaults@2023-07-01", "is 2024-11-01 here and 2023-"),
    ("modules/app.bicep", "'managedidentity'", "storage.listKeys().k", "listKeys( hands a key out"),
    ("modules/data.bicep", "allowSharedKeyAccess: false", "", "allowSharedKeyAccess: false"),
    ("modules/data.bicep", "enableRbacAuthorization: true", "", "enableRbacAuthorization: true"),
    (
        "modules/messaging.bicep",
        "disableLocalAuth: true",
        "",
        "namespace does not say",
    ),
    (
        "modules/ai.bicep",
        "publicNetworkAccess: publicNetworkAccess",
        "publicNetworkAccess: 'Enabled'",
        "account has a public endpoint",
    ),
    ("modules/network.bicep", "  tags: tags\n", "", "appRules has no tags"),
    ("modules/network.bicep", "  tags: tags\n", "  tags: {}\n", "appRules has tags of its own"),
    ("main.bicep", "  department: department\n", "", "tags do not say department"),
    ("main.bicep", "  bot: 'all'\n", "", "tags do not say bot"),
    (
        "modules/bots.bicep",
        "param location string",
        "param location string\nparam x int",
        "x is not",
    ),
    ("parameters/prod.json", '"privateNetwork"', '"networkPrivate"', "Network is not true"),
    ("parameters/prod.json", '"Premium"', '"Standard"', 'serviceBusSku is not "Premium"'),
    (
        "parameters/prod.json",
        '"parameters": {',
        '"parameters": {"gatewaySku": {"value": "BasicV2"},',
        "no way into the private network",
    ),
    ("gateway/models.policy.xml", "</policies>", "", "is no XML"),
    ("parameters/dev.json", '"opsEmail"', '"opsMail"', "wants the parameter opsEmail"),
]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "infra"))


def test_nothing_is_wrong() -> None:
    assert findings() == []


@pytest.mark.parametrize(("file", "before", "after", "sentence"), MISTAKES)
def test_a_mistake_is_found_with_its_place(
    copied: Path, file: str, before: str, after: str, sentence: str
) -> None:
    path = copied / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))

    found = findings(copied)

    assert any(sentence in str(finding) for finding in found), found
    assert {finding.file for finding in found} <= {
        path.name,
        "main.bicep",
        "app.bicep",
        "data.bicep",
        "gateway.bicep",
    }


def test_every_parameter_and_variable_that_is_misspelt_is_found(copied: Path) -> None:
    for path in [copied / "main.bicep", *(copied / "modules").glob("*.bicep")]:
        content = path.read_text()
        for kind, name in re.findall(r"^(param|var) (\w+)", content, re.MULTILINE):
            spoilt = content.replace(f"\n{kind} {name} ", f"\n{kind} {name}Z ", 1)
            path.write_text(spoilt)

            sentences = [finding.sentence for finding in check_names(read(path))]

            assert f"{name} is not declared" in sentences, (path.name, name)
        path.write_text(content)


def test_each_environment_has_its_parameters() -> None:
    found = sorted(path.stem for path in (FOLDER / "parameters").glob("*.json"))

    assert found == ["dev", "prod", "test"]
    for name in found:
        given = json.loads((FOLDER / "parameters" / f"{name}.json").read_bytes())["parameters"]
        assert given["environmentName"]["value"] == name
