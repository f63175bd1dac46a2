"""`botfabric pack`: a folder for each function app, as Core Tools and a container build take it."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from cli.typed_path import typed_path
from shared.errors import ConfigurationError

CLOUD_PYTHON = (3, 13)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--app", default="", metavar="NAME", help="only this app of apps.toml")
    parser.add_argument(
        "--out", metavar="DIR", type=typed_path, help="default: packed, beside function_app.py"
    )
    parser.add_argument("--json", action="store_true", help="one JSON list of the apps")


def run(arguments: argparse.Namespace, root: Path) -> int:
    from packing.folder import write
    from packing.plan import declared_apps, plan

    apps = declared_apps(root)
    if arguments.app and arguments.app not in apps:
        raise ConfigurationError(f"there is no app {arguments.app!r}; there are {', '.join(apps)}")
    wanted = [app for name, app in apps.items() if arguments.app in ("", name)]
    out = arguments.out or root / "packed"
    try:
        packed = [write(plan(root, app), out / app.name) for app in wanted]
    except OSError as error:
        raise ConfigurationError(
            f"--out {out}: {error.strerror}; name a folder that may be written"
        ) from error
    if arguments.json:
        print(json.dumps([asdict(one) for one in packed], indent=2))
    else:
        for one in packed:
            print(f"{one.folder}: {one.files} files, {one.bytes:,} bytes, {one.digest}")
            print(f"  skills: {', '.join(one.skills)}")
    if sys.version_info[:2] != CLOUD_PYTHON:
        print(
            "compiled for Python {}.{}; the cloud's is {}.{}: a start there is slower".format(
                *sys.version_info[:2], *CLOUD_PYTHON
            ),
            file=sys.stderr,
        )
    return 0
