"""`botfabric token`: an operator's token of the stand-in for Entra, for this machine only.

    curl -H "Authorization: Bearer $(botfabric token --role operator --department IT)" \\
        http://localhost:7071/api/ops/bots
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from shared.errors import ConfigurationError
from shared.governance.access import ALL, EVERYWHERE, laptop_group
from shared.governance.roles import Role
from shared.manifest.bots import read_bot
from shared.manifest.departments import load_departments
from shared.manifest.shape import quoted
from shared.manifest.toml_file import AsWritten
from shared.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--role",
        required=True,
        choices=[role.name.lower() for role in Role],
        help="what its holder may be",
    )
    parser.add_argument(
        "--department",
        metavar="D",
        action="append",
        help="where, as bots' manifests name it; may be repeated (default: all of them)",
    )
    parser.add_argument(
        "--user", metavar="NAME", help="who it is, for the record (default: the role's name)"
    )


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 2 in the cloud, where Entra itself issues tokens."""
    settings = Settings.from_environ({"FABRIC_ENVIRONMENT": "local"} | _set(os.environ))
    if not settings.local:
        raise ConfigurationError(
            "FABRIC_ENVIRONMENT is cloud, where tokens come from Entra: "
            f"az account get-access-token --resource {settings.operator_audience or 'API'}"
        )
    from stand_ins.entra.keys import Signer
    from stand_ins.entra.tokens import Subject, access_token

    role = Role[arguments.role.upper()]
    _check(arguments.department or (), settings)
    departments = arguments.department or sorted(ALL.names)
    groups = [laptop_group(role, department) for department in departments]
    subject = Subject(arguments.user or f"{arguments.role} {' '.join(departments)}", groups=groups)
    signer = Signer(settings.laptop_keys.parent, settings.operator_tenant)
    print(access_token(signer, subject, settings.operator_audience))
    return 0


def _check(departments: Sequence[str], settings: Settings) -> None:
    """Raises ConfigurationError for one that no file knows: its token would open nothing."""
    known = {*load_departments(settings.departments_file, AsWritten(os.environ)), EVERYWHERE}
    for path in sorted(settings.bots_dir.glob("[!.]*.toml")):
        known.add(read_bot(path, AsWritten(os.environ)).department)
    for name in departments:
        if name not in known:
            raise ConfigurationError(
                f"--department: there is no {name[:60]!r}; write one of "
                f"{quoted(sorted(known - {EVERYWHERE}))}"
            )


def _set(environ: "os._Environ[str]") -> dict[str, str]:
    return {name: value for name, value in environ.items() if value}
