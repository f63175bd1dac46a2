#!/usr/bin/env bash
# Holds the cases of the bots that have changed since the last release, or since a commit: eval.sh [REF]. Fails below a floor.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${BIN:-.venv/bin}
bots=${FABRIC_BOTS_DIR:-bots}
export FABRIC_ENVIRONMENT=local

since=${1:-$(git -C "$bots" describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null || true)}
if [ -z "$since" ]; then
  echo "there is no release before this one: every bot is held"
fi
"$bin/botfabric" eval all ${since:+--since "$since"}
