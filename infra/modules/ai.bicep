// The models behind the aliases that bots name.
param location string
param tags object
param token string
param models array
param publicNetworkAccess string
param workspaceId string

resource account 'Microsoft.CognitiveServices/accounts@2025-09-01' = {
  name: 'aoai-${token}'
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: 'aoai-${token}'
    disableLocalAuth: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: { defaultAction: publicNetworkAccess == 'Disabled' ? 'Deny' : 'Allow' }
  }
}

@batchSize(1)
resource deployments 'Microsoft.CognitiveServices/accounts/deployments@2025-09-01' = [for alias in models: {
  parent: account
  name: alias.deployment
  sku: { name: 'GlobalStandard', capacity: alias.capacity }
  properties: {
    model: { format: 'OpenAI', name: alias.model, version: alias.version }
    versionUpgradeOption: 'OnceCurrentVersionExpired'
  }
}]

resource accountLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'Audit', enabled: true }] }
}

output accountId string = account.id
output accountName string = account.name
output models array = [for alias in models: '${alias.alias}=${alias.deployment}']
