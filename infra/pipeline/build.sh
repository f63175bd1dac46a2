#!/usr/bin/env bash
# Judges the manifests, packs every app twice, and says what is in the packages. Leaves all of it in OUT (dist).
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${OUT:-dist}
bin=${BIN:-.venv/bin}
export FABRIC_ENVIRONMENT=local

echo "== infrastructure"
"$bin/python" -m infra.check
"$bin/python" -m packing.needs
"$bin/python" -m packing.gateway
git diff --exit-code -- infra/needs.json infra/gateway # make needs or make gateway was forgotten

echo "== policy"
"$bin/botfabric" policy check

echo "== pack"
rm -rf "$out"
mkdir -p "$out"
"$bin/botfabric" pack --out "$out/apps" --json >"$out/packed.json"
"$bin/botfabric" pack --out "$out/again" --json >"$out/again.json" 2>/dev/null
"$bin/python" infra/pipeline/same.py "$out/packed.json" "$out/again.json"
rm -rf "$out/again" "$out/again.json"

echo "== bill of materials"
"$bin/cyclonedx-py" requirements requirements.txt --output-format JSON --output-file "$out/sbom.cdx.json"
(cd "$out" && find apps sbom.cdx.json packed.json -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >SHA256SUMS)
(cd "$out" && sha256sum --check --quiet SHA256SUMS)
echo "$(wc -l <"$out/SHA256SUMS") files with their digests in $out/SHA256SUMS"
