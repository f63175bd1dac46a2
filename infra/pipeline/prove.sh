#!/usr/bin/env bash
# Talks to what was deployed; marks the release as good, or rolls back and fails: prove.sh ENVIRONMENT RESOURCE_GROUP.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=$1
group=$2
bin=${BIN:-.venv/bin}

url=https://$(cat "${OUT:-dist}/host")
if "$bin/python" infra/pipeline/smoke.py "$url" --origin "${SMOKE_ORIGIN:?an origin of the bot}" --timeout 300; then
  az group update --name "$group" --set "tags.release=$RELEASE" --output none
  exit 0
fi
infra/pipeline/rollback.sh "$environment" "$group"
exit 1
