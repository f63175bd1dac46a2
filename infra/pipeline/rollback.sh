#!/usr/bin/env bash
# Deploys again what answered last: rollback.sh ENVIRONMENT RESOURCE_GROUP. A pack of the same commit is the same bytes.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=$1
group=$2

release=$(az group show --name "$group" --query tags.release --output tsv)
[[ $release =~ ^[0-9a-f]{40}$ ]] || { echo "no release of $group has answered yet: nothing to go back to" >&2; exit 1; }
before=$(mktemp -d)
git worktree add --detach "$before" "$release"
ln -s "$PWD/.venv" "$before/.venv"
(cd "$before" && RELEASE=$release infra/pipeline/build.sh && RELEASE=$release infra/pipeline/deploy.sh "$environment" "$group")
git worktree remove --force "$before"
echo "$group is back at $release"
