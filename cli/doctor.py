"""`botfabric doctor`: what is set wrong, each with what to do."""

import argparse
import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from cli import console_log
from shared.errors import ConfigurationError

if TYPE_CHECKING:
    from shared.operations.reports.doctor import Mistake


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cloud", action="store_true", help="judge these settings as those of an app in the cloud"
    )
    parser.add_argument("--offline", action="store_true", help="ask no service, look only")
    parser.add_argument(
        "--url", default="", help="where the app is reached from outside: tries its webhooks"
    )
    parser.add_argument("--json", action="store_true", help="one JSON list of the mistakes")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Print a line for each mistake. Exit code 1 when one of them is an error, 0 for warnings."""
    console_log.configure(quiet=True)
    found = _examined(root, cloud=arguments.cloud)
    if not arguments.offline and not any(not mistake.warning for mistake in found):
        found += asyncio.run(_asked(arguments.url))
    if arguments.json:
        print(json.dumps([asdict(mistake) for mistake in found]))
    else:
        print("\n".join(mistake.line() for mistake in found) or "nothing is wrong")
    return 1 if any(not mistake.warning for mistake in found) else 0


def _examined(root: Path, *, cloud: bool) -> "list[Mistake]":
    from shared.operations.reports.doctor import Mistake, Premises, examine

    named = os.environ.get("FABRIC_ENVIRONMENT", "") or "cloud"
    skills, mistake = _skills()
    premises = Premises(
        root=root,
        environ=dict(os.environ),
        local=named == "local" and not cloud,
        now=time(),
        skills=skills,
        python=sys.version_info[:2],
    )
    found = examine(premises)
    if mistake and not any(not one.warning for one in found):
        found.insert(0, Mistake("start", "the app", mistake, "mend that first"))
    return found


def _skills() -> tuple[frozenset[str] | None, str]:
    """The skills of the app, or why it does not start."""
    try:
        import functions  # noqa: F401 -- declares them
        from functions.host import SKILLS, fabric

        fabric()
    except ConfigurationError as error:
        from functions.host import SKILLS

        return frozenset(SKILLS) or None, str(error)
    return frozenset(SKILLS), ""


async def _asked(url: str) -> "list[Mistake]":
    import function_app  # noqa: F401
    from functions.host import fabric
    from shared.operations.reports.doctor.services import ask

    try:
        return await ask(fabric(), url)
    finally:
        await fabric().close()
