"""Which bus and which blobs the settings of a storage account choose."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.fabric import Fabric
from shared.messaging.storagequeue.bus import StorageQueueBus
from shared.settings import Settings
from shared.skill import Skill
from shared.storage.blob import BlobStorage
from shared.storage.files import FileBlobs

echo = Skill("echo", "Says it again")
AZURITE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}
CLOUD = {
    "FABRIC_ENVIRONMENT": "cloud",
    "FABRIC_STORE_URL": "sqlite:///store.db",
    "FABRIC_EVENTS_URL": "bus://",
    "FABRIC_AI_URL": "offline://",
    "FABRIC_WHATSAPP_APP_SECRET": "secret",
}

BOT = """
id = "lab"
name = "Lab"
owner = "lab@contoso.example"
department = "Research"
skills = ["echo"]
default_skill = "echo"
[channels.web]
origins = ["http://localhost:7071"]
"""


def fabric(folder: Path, **environ: str) -> Fabric:
    bots = folder / "bots"
    bots.mkdir()
    (bots / "lab.toml").write_text(BOT)
    local = {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(folder),
        "FABRIC_BOTS_DIR": str(bots),
        "FABRIC_BUS_URL": "storagequeue://contoso",
    }
    return Fabric(Settings.from_environ(local | environ), {"echo": echo})


async def test_a_connection_string_is_enough(tmp_path: Path) -> None:
    made = fabric(tmp_path, FABRIC_BUS_URL="storagequeue://", **AZURITE)

    assert isinstance(made.bus, StorageQueueBus)
    assert isinstance(made.blobs, BlobStorage)
    await made.close()


async def test_a_name_is_enough_with_an_identity(tmp_path: Path) -> None:
    made = fabric(tmp_path, AzureWebJobsStorage__accountName="contoso", **CLOUD)

    assert isinstance(made.bus, StorageQueueBus)
    assert isinstance(made.blobs, BlobStorage)
    await made.close()


async def test_locally_without_an_account_large_bodies_lie_in_a_folder(tmp_path: Path) -> None:
    made = fabric(tmp_path)

    assert isinstance(made.blobs, FileBlobs)
    await made.blobs.put("one", b"1")
    assert (tmp_path / "blobs" / "one").read_bytes() == b"1"
    await made.close()


def test_in_the_cloud_large_bodies_need_an_account(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="AzureWebJobsStorage__accountName"):
        _ = fabric(tmp_path, **CLOUD).blobs


def test_a_bus_without_an_account_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="FABRIC_BUS_URL"):
        _ = fabric(
            tmp_path,
            FABRIC_BUS_URL="storagequeue://",
            AzureWebJobsStorage__accountName="contoso",
            **CLOUD,
        ).bus


def test_no_sdk_is_loaded_before_the_first_call() -> None:
    code = (
        "import sys, shared.storage.blob as b, shared.messaging.storagequeue.bus as q\n"
        "from shared.messaging.claim_check import ClaimCheck\n"
        "blobs = b.BlobStorage('a', connection='c')\n"
        "q.StorageQueueBus('a', connection='c', claims=ClaimCheck(blobs))\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('azure', 'aiohttp')])"
    )
    root = Path(__file__).parents[3]
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
