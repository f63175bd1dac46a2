"""The gateway enforces the numbers that the library does, from the same declaration."""

import json
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from infra.check.policies import sentences
from packing.gateway import FOLDER, files, write
from packing.policies import calls_a_window
from shared.manifest.backends import Declaration, load_backends

ROOT = Path(__file__).parents[3]
BACKENDS = """
[crm]
url = "$CRM_URL"
key = "$CRM_KEY"
gateway = "apim"
timeout_seconds = 2.5
tries = 3
requests_per_second = 0.5
concurrency = 4
[crm.breaker]
failures = 7
rest_seconds = 20

[erp]
url = "https://erp.contoso.example/v2"
scope = "api://erp/.default"
gateway = "apim"
tries = 1
idempotency_header = ""

[direct]
url = "https://direct.contoso.example"
"""
BOT = """
id = "desk"
name = "Desk"
owner = "a@contoso.example"
department = "IT"
skills = ["echo"]
default_skill = "echo"
[quota]
tokens_per_day = 500_000
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "desk.toml").write_text(BOT)
    (tmp_path / "backends.toml").write_text(BACKENDS)
    return tmp_path


@pytest.fixture
def declared(checkout: Path) -> dict[str, Declaration]:
    environ = {"CRM_URL": "https://crm.contoso.example", "CRM_KEY": "k"}
    return load_backends(checkout / "backends.toml", environ, local=False)


def policy(checkout: Path, name: str) -> Element:
    return ElementTree.fromstring(files(checkout)[f"{name}.policy.xml"])


def only(root: Element, name: str) -> dict[str, str]:
    [found] = root.iter(name)
    return found.attrib


def test_the_numbers_are_those_of_the_library(
    checkout: Path, declared: dict[str, Declaration]
) -> None:
    crm, root = declared["crm"], policy(checkout, "crm")
    row = json.loads(files(checkout)["gateway.json"])["backends"][0]
    rate, retry = only(root, "rate-limit-by-key"), only(root, "retry")

    assert int(rate["calls"]) / int(rate["renewal-period"]) == crm.requests_per_second
    assert "x-bot-id" in rate["counter-key"]
    assert int(retry["count"]) + 1 == crm.tries
    assert int(only(root, "limit-concurrency")["max-count"]) == crm.concurrency
    assert int(only(root, "forward-request")["timeout-ms"]) / 1000 == crm.timeout_seconds
    assert row["breaker"] == {"failures": crm.breaker.failures, "rest": "PT20S"}


@pytest.mark.parametrize(("rate", "calls"), [(None, 0), (20.0, 1200), (0.51, 30), (0.001, 1)])
def test_a_rate_is_never_looser_than_declared(rate: float | None, calls: int) -> None:
    declared = Declaration("https://crm.contoso.example", requests_per_second=rate)

    assert calls_a_window(declared) == calls


def test_only_what_does_the_same_twice_is_tried_again(checkout: Path) -> None:
    condition = only(policy(checkout, "crm"), "retry")["condition"]

    assert 'Method == "GET"' in condition
    assert 'Method == "POST"' not in condition
    assert 'ContainsKey("Idempotency-Key")' in condition
    assert not list(policy(checkout, "erp").iter("retry"))


def test_the_backend_meets_its_own_key_or_the_gateways_identity(checkout: Path) -> None:
    crm, erp = policy(checkout, "crm"), policy(checkout, "erp")
    proofs = [
        h.findtext("value") for h in crm.iter("set-header") if h.get("name") == "Authorization"
    ]

    assert proofs == [None, "Bearer {{backend-crm-key}}"]
    assert only(erp, "authentication-managed-identity")["resource"] == "api://erp"
    assert "CRM_KEY" not in "".join(files(checkout).values())


def test_a_bots_tokens_a_day_are_held_by_the_gateway_too(checkout: Path) -> None:
    models = policy(checkout, "models")
    limit = only(models, "llm-token-limit")
    metric = next(models.iter("llm-emit-token-metric"))

    assert (limit["counter-key"], limit["token-quota"]) == ("desk", "500000")
    assert limit["token-quota-period"] == "Daily"
    assert only(models, "when")["condition"].endswith('== "desk")')
    assert {one.get("name") for one in metric} >= {"Bot", "Department"}


def test_an_address_is_written_or_named_by_its_variable(checkout: Path) -> None:
    listed = json.loads(files(checkout)["gateway.json"])
    rows = {row["name"]: (row["url"], row["variable"]) for row in listed["backends"]}

    assert rows == {"crm": ("", "CRM_URL"), "erp": ("https://erp.contoso.example/v2", "")}
    assert listed["keys"] == ["crm"]
    assert {one["api"] for one in listed["operations"]} == {"crm", "erp"}


def test_every_policy_keeps_the_rules(checkout: Path) -> None:
    for name, text in files(checkout).items():
        if name.endswith(".xml"):
            assert list(sentences(text)) == [], name


def test_made_again_it_is_the_same_and_what_is_gone_goes(checkout: Path) -> None:
    folder = checkout / "gateway"
    write(checkout, folder)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    write(checkout, folder)
    again = {path.name: path.read_bytes() for path in folder.iterdir()}

    (checkout / "backends.toml").write_text("")
    write(checkout, folder)

    assert first == again
    assert {path.name for path in folder.iterdir()} == {"gateway.json", "models.policy.xml"}


def test_what_is_checked_in_is_of_this_checkout() -> None:
    there = {path.name: path.read_text() for path in (ROOT / FOLDER).iterdir()}

    assert there == files(ROOT), "run make gateway"
