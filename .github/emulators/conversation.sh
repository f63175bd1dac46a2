#!/usr/bin/env bash
# Runs the app under Core Tools, as the environment configures it, and talks to it once.
set -euo pipefail

func start --port 7071 > func.log 2>&1 &
trap 'kill $! && wait || true' EXIT
python tests/smoke.py --url http://localhost:7071 --port 9099 || { cat func.log; exit 1; }
