#!/usr/bin/env bash
# A whole release on this machine: build, a start from the packed folder, a smoke conversation, and a release
# that fails it and is rolled back. No cloud, nothing left behind but OUT (dist).
set -euo pipefail
cd "$(dirname "$0")/../.."
export OUT=${OUT:-dist}
bin=$PWD/${BIN:-.venv/bin}
scratch=$(mktemp -d)
pid=
stop() { if [[ -n $pid ]]; then kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; fi; pid=; }
trap 'stop; rm -rf "$scratch"' EXIT

# Starts the packed folder $1 as a deployment does, and sets url.
start() {
  stop
  : >"$scratch/ready"
  (cd "$1" && exec env -i PATH=/usr/bin:/bin FABRIC_ENVIRONMENT=local FABRIC_DATA_DIR="$scratch/data" \
    "$bin/python" -B -m cli run --port 0 --no-reload >"$scratch/ready" 2>"$scratch/log") &
  pid=$!
  for _ in $(seq 300); do
    url=$(sed -n 's/^ready \(http.*\)$/\1/p' "$scratch/ready")
    if [[ -n $url ]]; then return 0; fi
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# Starts $1 and talks to it.
release() {
  start "$1" && "$bin/python" infra/pipeline/smoke.py "$url" --timeout 30
}

infra/pipeline/scan.sh
infra/pipeline/build.sh

echo "== release"
cp -r "$OUT/apps/main" "$scratch/current"
release "$scratch/current"

echo "== a release that is wrong, and back"
cp -r "$scratch/current" "$scratch/next"
rm -r "$scratch/next/functions/skills/__pycache__"
sed -i 's/^async def /async def broken_/' "$scratch/next/functions/skills/router.py"
sed -i 's/@skill.on_message//' "$scratch/next/functions/skills/router.py"
if release "$scratch/next" 2>"$scratch/why"; then
  echo "the smoke conversation did not notice" >&2
  exit 1
fi
echo "refused: $(tail -n 1 "$scratch/why" | cut -c 1-100)"
release "$scratch/current"
echo "== released, and rolled back once"
