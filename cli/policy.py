"""`botfabric policy check`: the organisation's rules over the bots' manifests."""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from cli.typed_path import typed_path
from shared.errors import ConfigurationError
from shared.governance.policy import ERROR
from shared.manifest.policy import Finding, findings, load_policy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="one line for each breach, exit code 1")
    check.add_argument(
        "--bots", metavar="DIR", type=typed_path, help="the manifests (default: bots)"
    )
    check.add_argument("--policy", metavar="FILE", type=typed_path, help="default: policy.toml")
    check.add_argument("--json", action="store_true", help="one JSON array of all breaches")


def run(arguments: argparse.Namespace, root: Path) -> int:
    """Exit code 1 when a rule is broken; a warning breaks none."""
    bots = arguments.bots or Path(os.environ.get("FABRIC_BOTS_DIR") or "bots")
    policy = arguments.policy or Path(os.environ.get("FABRIC_POLICY_FILE") or "policy.toml")
    if not bots.is_dir() or not sorted(bots.glob("[!.]*.toml")):
        raise ConfigurationError(f"{bots}: there are no manifests; write --bots DIR")
    if not policy.exists():
        raise ConfigurationError(f"{policy}: there is no such file; write the rules into it")
    found = list(findings(load_policy(policy), bots, datetime.now(UTC).date()))
    broken = [finding for finding in found if finding.breach.severity == ERROR]
    if arguments.json:
        print(json.dumps([_body(finding) for finding in found], ensure_ascii=False))
        return 1 if broken else 0
    for finding in found:
        warns = finding.breach.severity != ERROR
        print(f"warning: {finding}" if warns else finding, file=sys.stderr if warns else None)
    if not broken:
        print("every manifest keeps to the policy", file=sys.stderr)
    return 1 if broken else 0


def _body(finding: Finding) -> dict[str, object]:
    breach = finding.breach
    return {
        "bot": breach.bot,
        "rule": breach.rule.id,
        "severity": breach.severity,
        "file": finding.path.as_posix(),
        "line": finding.line,
        "key": breach.rule.key,
        "sentence": breach.sentence,
    }
