"""Operators for tests, as the stand-in for Entra vouches for them."""

from shared.governance.access import EVERYWHERE, laptop_group
from shared.governance.roles import Role
from shared.settings import Settings
from stand_ins.entra.keys import Signer
from stand_ins.entra.tokens import Subject, access_token


def signer(settings: Settings) -> Signer:
    return Signer(settings.laptop_keys.parent, settings.operator_tenant)


def bearer(
    settings: Settings, role: Role = Role.ADMIN, *departments: str, name: str = "ann"
) -> dict[str, str]:
    """The header of somebody who has `role` in `departments`, all of them when none is named."""
    groups = [laptop_group(role, department) for department in departments or (EVERYWHERE,)]
    subject = Subject(name, groups=groups)
    token = access_token(signer(settings), subject, settings.operator_audience)
    return {"authorization": f"Bearer {token}"}
