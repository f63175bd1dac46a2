"""A bot's data stays in its region: an app elsewhere does not know the bot."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from shared.ai.aliases import read_aliases
from shared.bot import Bot
from shared.errors import ConfigurationError, Rejected
from shared.fabric import Fabric
from shared.governance.access import ALL
from shared.governance.department import Department
from shared.governance.residency import divided, home_of
from shared.operations.reports.registry import registry
from shared.ports.channel import Request
from shared.skill import Skill
from tests.lab import Lab

IT = {"IT": Department("IT", region="North Europe")}


def bot(region: str) -> Bot:
    return Bot("b", "B", "o", "IT", ["s"], "s", region=region)


@pytest.mark.parametrize(
    ("region", "departments", "app", "here"),
    [
        ("westeurope", {}, "westeurope", True),
        ("West Europe", {}, "westeurope", True),
        ("westeurope", {}, "northeurope", False),
        ("westeurope", IT, "northeurope", False),
        ("", IT, "northeurope", True),
        ("", IT, "westeurope", False),
        ("", {}, "westeurope", True),
        ("westeurope", {}, "", True),
    ],
)
def test_a_bot_is_where_its_manifest_or_its_department_says(
    region: str, departments: Mapping[str, Department], app: str, here: bool
) -> None:
    known, elsewhere = divided({"b": bot(region)}, departments, app)
    assert (list(known), list(elsewhere)) == ((["b"], []) if here else ([], ["b"]))
    assert home_of(bot(region), departments) in (region, "North Europe")


async def test_an_app_elsewhere_takes_nothing_in_and_lists_the_bot_as_elsewhere(
    lab: Callable[..., Lab], tmp_path: Path
) -> None:
    made = lab(Skill("echo", "Echoes"), manifest="[channels.teams]\n")
    manifest = tmp_path / "bots" / "lab.toml"
    manifest.write_text(manifest.read_text().replace("id =", 'region = "westeurope"\nid =', 1))
    settings = replace(made.settings, region="northeurope")
    fabric = Fabric(settings, {"echo": Skill("echo", "Echoes")})
    request = Request("POST", {"bot": "lab"}, {}, {"host": "localhost"}, b"{}")

    with pytest.raises(Rejected, match="unknown_bot"):
        await fabric.teams.receive(request)
    [listed] = (await registry(fabric, ALL)).bots
    assert (listed.state, listed.region) == ("elsewhere", "westeurope")
    await fabric.close()


def test_a_deployment_in_another_region_stops_the_start() -> None:
    models = '{"default": {"deployment": "m", "region": "Sweden Central"}}'
    assert read_aliases(models, {"FABRIC_REGION": "swedencentral"})
    assert read_aliases(models, {})
    with pytest.raises(ConfigurationError, match="is in Sweden Central, and FABRIC_REGION is west"):
        read_aliases(models, {"FABRIC_REGION": "westeurope"})
    with pytest.raises(ConfigurationError, match="region is 7"):
        read_aliases('{"default": {"deployment": "m", "region": 7}}', {})
