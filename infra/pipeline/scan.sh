#!/usr/bin/env bash
# Others' rules over what is written here: zizmor over the workflows, Taplo over the tables, checkov over the Bicep, which is
# fetched for it and left out, with a word, where it cannot be had; in the pipeline it can.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${BIN:-.venv/bin}
checkov=checkov@3.3.30

echo "== zizmor"
"$bin/zizmor" --offline --no-config --quiet .github/workflows

echo "== taplo"
"$bin/taplo" lint --no-auto-config ./*.toml bots/*.toml

echo "== checkov"
if ! "$bin/uv" tool run --quiet "$checkov" --version >/dev/null 2>&1; then
  if [[ -n ${CI:-} ]]; then echo "$checkov cannot be had" >&2; exit 1; fi
  echo "left out: $checkov cannot be had here"
  exit 0
fi
found=$("$bin/uv" tool run --quiet "$checkov" --directory infra --config-file infra/checkov.yaml --output json || true)
"$bin/python" - "$found" <<'PYTHON'
import json, sys
report = json.loads(sys.argv[1])
for one in report["results"]["failed_checks"]:
    print(one["check_id"], one["check_name"], one["file_path"], one["resource"])
summary = report["summary"]
print("{passed} passed, {failed} failed, {parsing_errors} could not be read".format(**summary))
sys.exit(bool(summary["failed"] or summary["parsing_errors"]))
PYTHON
