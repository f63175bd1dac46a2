// The index of the articles. The apps read it; whoever runs `botfabric knowledge sync` writes it, and needs the
// roles Search Index Data Contributor and Search Service Contributor.
param location string
param tags object
param token string
param sku string
param publicNetworkAccess string
param workspaceId string

resource search 'Microsoft.Search/searchServices@2025-05-01' = {
  name: 'srch-${token}'
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    replicaCount: 1
    partitionCount: 1
    hostingMode: 'Default'
    disableLocalAuth: true
    publicNetworkAccess: publicNetworkAccess
    semanticSearch: 'disabled'
  }
}

resource searchLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: search
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'OperationLogs', enabled: true }] }
}

output searchId string = search.id
output searchName string = search.name
