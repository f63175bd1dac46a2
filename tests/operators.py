"""Operators for tests, as the stand-in for Entra vouches for them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.governance.access import EVERYWHERE, laptop_group
from shared.governance.roles import Role
from shared.settings import Settings
from stand_ins.entra.keys import PRIVATE, PUBLIC, Signer
from stand_ins.entra.tokens import Subject, access_token


def signer(settings: Settings) -> Signer:
    """Return who signs for this data folder; a folder without a key gets the one of this run."""
    folder, tenant = settings.laptop_keys.parent, settings.operator_tenant
    made, files = _shared_key(tenant)
    if not (folder / PRIVATE).exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    same = (folder / PRIVATE).read_bytes() == files[PRIVATE]
    return made if same else Signer(folder, tenant)


@cache
def _shared_key(tenant: str) -> tuple[Signer, dict[str, bytes]]:
    """Make a key and its files, once: it takes longer than most tests that need one."""
    with TemporaryDirectory() as folder:
        made = Signer(Path(folder), tenant)
        return made, {name: (Path(folder) / name).read_bytes() for name in (PRIVATE, PUBLIC)}


def bearer(
    settings: Settings, role: Role = Role.ADMIN, *departments: str, name: str = "ann"
) -> dict[str, str]:
    """The header of somebody who has `role` in `departments`, all of them when none is named."""
    groups = [laptop_group(role, department) for department in departments or (EVERYWHERE,)]
    subject = Subject(name, groups=groups)
    token = access_token(signer(settings), subject, settings.operator_audience)
    return {"authorization": f"Bearer {token}"}
