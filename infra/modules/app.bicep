// One function app on Flex Consumption, with an identity of its own and the roles that its code uses.
param location string
param tags object
param token string
@description('One entry of needs.json.')
param app object
param roles array
param bus string
param storageName string
param cosmosName string
param vaultName string
param aiName string
param aiModels string
param searchName string
@description('The database that articles are found in without a search service; empty for none.')
param indexDatabase string
@description('The services that hear, translate and read scans; empty for none.')
param speechName string
param translatorName string
param documentsName string
param busNamespace string
param topicName string
param insightsName string
param workspaceId string
param subnetId string
param zoneRedundant bool
param operatorAudience string
param signInClientId string
@secure()
param whatsappVerifyToken string
@description('Where the gateway is; empty for none.')
param gatewayUrl string
param gatewayAudience string
param botIdentities array
param botSettings array
@description('The same of each department with a resource group of its own.')
param departmentIdentities array
param departmentSettings array

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' existing = {
  name: cosmosName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource ai 'Microsoft.CognitiveServices/accounts@2025-09-01' existing = {
  name: aiName
}

resource speech 'Microsoft.CognitiveServices/accounts@2025-09-01' existing = if (!empty(speechName)) {
  name: speechName
}

resource translator 'Microsoft.CognitiveServices/accounts@2025-09-01' existing = if (!empty(translatorName)) {
  name: translatorName
}

resource documents 'Microsoft.CognitiveServices/accounts@2025-09-01' existing = if (!empty(documentsName)) {
  name: documentsName
}

resource search 'Microsoft.Search/searchServices@2025-05-01' existing = if (!empty(searchName)) {
  name: searchName
}

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = if (bus == 'servicebus') {
  name: busNamespace
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' existing = if (bus == 'servicebus') {
  name: topicName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${app.name}-${token}'
  location: location
  tags: tags
}

// Objects with keys of their own, as text: offline parsers know no toObject().
var own = ['"${identity.id}": {}']
var botKeys = [for id in concat(botIdentities, flatten(departmentIdentities)): '"${id}": {}']
var botPairs = [for setting in concat(botSettings, flatten(departmentSettings)): '"${setting.name}": "${setting.value}"']

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${app.name}-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-${app.name}-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': app.name })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: json('{${join(concat(own, botKeys), ', ')}}')
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: app.front ? 'Enabled' : (empty(subnetId) ? 'Enabled' : 'Disabled')
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}package-${app.name}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: app.memoryMB
        maximumInstanceCount: app.maxInstances
        alwaysReady: app.alwaysReady
        triggers: { http: { perInstanceConcurrency: 16 } }
      }
    }
    siteConfig: { minTlsVersion: '1.2', ftpsState: 'Disabled', http20Enabled: true }
  }
}

var signInAuthority = '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
var signInSecret = 'keyvault://${vault.name}.vault.azure.net/sign-in-client-secret'
var indexInStore = empty(indexDatabase) ? '' : 'cosmos://${cosmos.name}.documents.azure.com/${indexDatabase}'
var common = {
  AZURE_CLIENT_ID: identity.properties.clientId
  AzureWebJobsStorage__accountName: storage.name
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  FABRIC_ENVIRONMENT: 'cloud'
  FABRIC_STORE_URL: 'cosmos://${cosmos.name}.documents.azure.com/fabric'
  FABRIC_AI_URL: 'azure-openai://${empty(gatewayUrl) ? '${ai.name}.openai.azure.com' : replace(gatewayUrl, 'https://', '')}'
  FABRIC_AI_MODELS: aiModels
  FABRIC_INDEX_URL: empty(searchName) ? indexInStore : 'azure-search://${searchName}.search.windows.net/articles'
  FABRIC_SPEECH_URL: empty(speechName) ? 'offline://' : 'azure-speech://${speechName}.cognitiveservices.azure.com'
  FABRIC_TRANSLATOR_URL: empty(translatorName) ? 'offline://' : 'azure-translator://${translatorName}.cognitiveservices.azure.com'
  FABRIC_DOCUMENTS_URL: empty(documentsName) ? 'offline://' : 'azure-document-intelligence://${documentsName}.cognitiveservices.azure.com'
  FABRIC_FUNCTION_MEMORY_MB: string(app.memoryMB)
  FABRIC_GATEWAY_URL: gatewayUrl
  FABRIC_GATEWAY_KEY: empty(gatewayUrl) ? '' : 'keyvault://${vault.name}.vault.azure.net/gateway-key'
  FABRIC_GATEWAY_SCOPE: empty(gatewayUrl) ? '' : '${gatewayAudience}/.default'
  FABRIC_OPERATOR_AUDIENCE: operatorAudience
  FABRIC_OPERATOR_TENANT: tenant().tenantId
  FABRIC_PUBLIC_URL: 'https://${site.properties.defaultHostName}'
  FABRIC_SIGN_IN_AUTHORITY: empty(signInClientId) ? '' : signInAuthority
  FABRIC_SIGN_IN_CLIENT_ID: signInClientId
  FABRIC_SIGN_IN_CLIENT_SECRET: empty(signInClientId) ? '' : signInSecret
  FABRIC_WHATSAPP_APP_SECRET: 'keyvault://${vault.name}.vault.azure.net/whatsapp-app-secret'
  FABRIC_WHATSAPP_ACCESS_TOKEN: 'keyvault://${vault.name}.vault.azure.net/whatsapp-access-token'
  FABRIC_WHATSAPP_VERIFY_TOKEN: whatsappVerifyToken
}
var onServiceBus = {
  FABRIC_BUS_URL: 'servicebus://${busNamespace}.servicebus.windows.net'
  FABRIC_EVENTS_URL: 'eventgrid://${replace(replace(topic.properties.endpoint, 'https://', ''), '/api/events', '')}/api/events'
  ServiceBusConnection__fullyQualifiedNamespace: '${busNamespace}.servicebus.windows.net'
  ServiceBusConnection__credential: 'managedidentity'
  ServiceBusConnection__clientId: identity.properties.clientId
}
var onStorageQueue = {
  FABRIC_BUS_URL: 'storagequeue://${storage.name}'
  FABRIC_EVENTS_URL: 'bus://'
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'appsettings'
  properties: union(
    common,
    bus == 'servicebus' ? onServiceBus : onStorageQueue,
    json('{${join(botPairs, ', ')}}')
  )
}

resource onStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in filter(roles, r => r.on == 'storage'): {
  name: guid(storage.id, identity.id, role.id)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    description: role.why
  }
}]

resource onBus 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in filter(roles, r => r.on == 'bus' && bus == 'servicebus'): {
  name: guid(busNamespace, identity.id, role.id)
  scope: namespace
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    description: role.why
  }
}]

resource onTopic 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in filter(roles, r => r.on == 'topic' && bus == 'servicebus'): {
  name: guid(topicName, identity.id, role.id)
  scope: topic
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    description: role.why
  }
}]

resource onVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in filter(roles, r => r.on == 'vault'): {
  name: guid(vault.id, identity.id, role.id)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    description: role.why
  }
}]

resource onModels 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in filter(roles, r => r.on == 'models'): {
  name: guid(ai.id, identity.id, role.id)
  scope: ai
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    description: role.why
  }
}]

resource onSpeech 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in filter(roles, r => r.on == 'speech' && !empty(speechName)): {
  name: guid(speechName, identity.id, role.id)
  scope: speech
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    description: role.why
  }
}]

resource onTranslator 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in filter(roles, r => r.on == 'translator' && !empty(translatorName)): {
  name: guid(translatorName, identity.id, role.id)
  scope: translator
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    description: role.why
  }
}]

resource onDocuments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in filter(roles, r => r.on == 'documents' && !empty(documentsName)): {
  name: guid(documentsName, identity.id, role.id)
  scope: documents
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    description: role.why
  }
}]

resource onSearch 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in filter(roles, r => r.on == 'search' && !empty(searchName)): {
  name: guid(searchName, identity.id, role.id)
  scope: search
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    description: role.why
  }
}]

resource onInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in filter(roles, r => r.on == 'insights'): {
  name: guid(insights.id, identity.id, role.id)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    description: role.why
  }
}]

// The store's own roles are not Azure's: reading and writing documents, no making of containers.
resource onStore 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-10-15' = [for role in filter(roles, r => r.on == 'store'): {
  parent: cosmos
  name: guid(cosmos.id, identity.id, role.id)
  properties: {
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${role.id}'
    principalId: identity.properties.principalId
    scope: cosmos.id
  }
}]

resource siteLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: site
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'FunctionAppLogs', enabled: true }] }
}

output hostName string = site.properties.defaultHostName
