#!/usr/bin/env bash
# Deploys what build.sh left in OUT to one environment: deploy.sh ENVIRONMENT RESOURCE_GROUP. Needs az and func, signed in.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=$1
group=$2
out=${OUT:-dist}

(cd "$out" && sha256sum --check --quiet SHA256SUMS)
# A department's own resource group, in its own subscription where departments.toml names one.
"${BIN:-.venv/bin}/python" -m packing.groups "$(az account show --query id --output tsv)" "$(az group show --name "$group" \
  --query location --output tsv)" | while IFS=$'\t' read -r subscription name location department cost; do
  az group create --subscription "$subscription" --name "$name" --location "$location" \
    --tags workload=bot-fabric bot=all "department=$department" "cost-center=$cost" --output none
done
az bicep build --file infra/main.bicep --stdout >/dev/null
az deployment group what-if --resource-group "$group" --template-file infra/main.bicep \
  --parameters "infra/parameters/$environment.json" --no-pretty-print >"$out/what-if.json"
az deployment group create --resource-group "$group" --template-file infra/main.bicep \
  --parameters "infra/parameters/$environment.json" --name "release-${RELEASE:-local}" --output none
# The apps beside main go first: what main hands to them has to be understood.
for app in $(find "$out/apps" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -v '^main$' || true) main; do
  name=$(az functionapp list --resource-group "$group" --query "[?tags.\"azd-service-name\"=='$app'].name" --output tsv)
  (cd "$out/apps/$app" && func azure functionapp publish "$name" --python --build remote)
done
az functionapp list --resource-group "$group" --query "[?tags.\"azd-service-name\"=='main'].defaultHostName" \
  --output tsv >"$out/host"
