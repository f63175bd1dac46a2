// What is kept: conversations, packages and large bodies, secrets.
param location string
param tags object
param token string
param containers array
param container object
@description('The container that articles are found in, as needs.json has it.')
param index object
param indexDimensions int
param apps array
param storageQueues array
param publicNetworkAccess string
param zoneRedundant bool
param secondLocation string
param workspaceId string

var home = [{ locationName: location, failoverPriority: 0, isZoneRedundant: zoneRedundant }]
var away = [{ locationName: secondLocation, failoverPriority: 1, isZoneRedundant: false }]

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: 'st${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: publicNetworkAccess == 'Disabled' ? 'Deny' : 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: storage
  name: 'default'
  properties: { deleteRetentionPolicy: { enabled: true, days: 7 } }
}

resource packageContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [for app in apps: {
  parent: blobs
  name: 'package-${app.name}'
}]

resource undeliverable 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: 'undeliverable-facts'
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' = {
  parent: storage
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = [for queue in storageQueues: {
  parent: queueService
  name: queue.name
}]

resource poison 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = [for queue in storageQueues: {
  parent: queueService
  name: '${queue.name}-poison'
}]

var serverless = empty(secondLocation) ? [{ name: 'EnableServerless' }] : []
var searched = indexDimensions > 0 ? [{ name: 'EnableNoSQLVectorSearch' }, { name: 'EnableNoSQLFullTextSearch' }] : []

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' = {
  name: 'cosmos-${token}'
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: empty(secondLocation) ? home : concat(home, away)
    // a serverless account has one region
    capabilities: concat(serverless, searched)
    enableAutomaticFailover: !empty(secondLocation)
    consistencyPolicy: { defaultConsistencyLevel: 'Session' }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: publicNetworkAccess
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: 'Continuous7Days' } }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-10-15' = {
  parent: cosmos
  name: 'fabric'
  properties: { resource: { id: 'fabric' } }
}

resource kept 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-10-15' = [for name in containers: {
  parent: database
  name: name
  properties: {
    resource: union(container, { id: name })
    options: empty(secondLocation) ? {} : { autoscaleSettings: { maxThroughput: 4000 } }
  }
}]

resource passages 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-10-15' = if (indexDimensions > 0) {
  parent: database
  name: index.id
  properties: {
    resource: {
      id: index.id
      partitionKey: index.partitionKey
      indexingPolicy: index.indexingPolicy
      fullTextPolicy: index.fullTextPolicy
      vectorEmbeddingPolicy: { vectorEmbeddings: [union(index.embedding, { dimensions: indexDimensions })] }
    }
    options: empty(secondLocation) ? {} : { autoscaleSettings: { maxThroughput: 4000 } }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: publicNetworkAccess == 'Disabled' ? 'Deny' : 'Allow'
    }
  }
}

resource vaultLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'AuditEvent', enabled: true }] }
}

resource cosmosLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: cosmos
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'ControlPlaneRequests', enabled: true }] }
}

output storageId string = storage.id
output storageName string = storage.name
output cosmosId string = cosmos.id
output cosmosName string = cosmos.name
output databaseName string = database.name
output vaultId string = vault.id
output vaultName string = vault.name
