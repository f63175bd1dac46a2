"""`python -m infra.check`: one line for each finding; exit code 1 when there is one."""

import sys
from pathlib import Path

from infra.check.names import check_names
from infra.check.policies import check_policies
from infra.check.rules import check_parameters, check_rules, check_tags
from infra.check.source import Finding, read

FOLDER = Path(__file__).parents[1]


def findings(folder: Path = FOLDER) -> list[Finding]:
    """Everything that is wrong in the Bicep of a folder, its parameters and its policies."""
    paths = [folder / "main.bicep", *sorted((folder / "modules").glob("*.bicep"))]
    sources = [read(path) for path in paths]
    found = [finding for source in sources for finding in check_names(source)]
    found += check_rules(sources)
    found += check_tags(sources[0])
    found += check_parameters(folder, sources[0])
    found += check_policies(folder / "gateway")
    return found


if __name__ == "__main__":
    wrong = findings()
    print("\n".join(map(str, wrong)) or "nothing is wrong")
    sys.exit(bool(wrong))
