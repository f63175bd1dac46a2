// API Management in front of backends and models; what it enforces is in gateway/gateway.json, which `make gateway` writes.
param location string
param tags object
param token string
@allowed(['BasicV2', 'StandardV2'])
param sku string
param publisherEmail string
@description('Where it comes from towards what has private endpoints; empty for none. BasicV2 has no such way.')
param subnetId string
@description('The API in Entra that the apps ask a token for.')
param audience string
@description('The address of each backend that gateway.json names by a variable.')
param backendUrls object
param vaultName string
param aiName string
param insightsName string
param workspaceId string

var declared = loadJsonContent('../gateway/gateway.json')
var cognitiveServicesOpenAiUser = '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd'
var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource ai 'Microsoft.CognitiveServices/accounts@2025-09-01' existing = {
  name: aiName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource service 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: 'apim-${token}'
  location: location
  tags: tags
  sku: { name: sku, capacity: 1 }
  identity: { type: 'SystemAssigned' }
  properties: {
    publisherEmail: publisherEmail
    publisherName: 'Bot Fabric'
    virtualNetworkType: empty(subnetId) ? 'None' : 'External'
    virtualNetworkConfiguration: empty(subnetId) ? null : { subnetResourceId: subnetId }
  }
}

resource tenantId 'Microsoft.ApiManagement/service/namedValues@2024-05-01' = {
  parent: service
  name: 'tenant-id'
  properties: { displayName: 'tenant-id', value: tenant().tenantId }
}

resource audienceValue 'Microsoft.ApiManagement/service/namedValues@2024-05-01' = {
  parent: service
  name: 'gateway-audience'
  properties: { displayName: 'gateway-audience', value: audience }
}

resource keys 'Microsoft.ApiManagement/service/namedValues@2024-05-01' = [for name in declared.keys: {
  parent: service
  name: 'backend-${name}-key'
  properties: {
    displayName: 'backend-${name}-key'
    secret: true
    keyVault: { secretIdentifier: '${vault.properties.vaultUri}secrets/backend-${name}-key' }
  }
  dependsOn: [onVault]
}]

resource backends 'Microsoft.ApiManagement/service/backends@2024-05-01' = [for one in declared.backends: {
  parent: service
  name: one.name
  properties: {
    protocol: 'http'
    url: empty(one.url) ? backendUrls[one.variable] : one.url
    circuitBreaker: {
      rules: [
        {
          name: 'breaker'
          acceptRetryAfter: true
          tripDuration: one.breaker.rest
          failureCondition: {
            count: one.breaker.failures
            interval: 'PT1M'
            statusCodeRanges: [{ min: 408, max: 408 }, { min: 429, max: 429 }, { min: 500, max: 599 }]
          }
        }
      ]
    }
  }
}]

resource models 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  parent: service
  name: 'models'
  properties: {
    protocol: 'http'
    url: 'https://${ai.name}.openai.azure.com/openai'
    circuitBreaker: {
      rules: [
        {
          name: 'breaker'
          acceptRetryAfter: true
          tripDuration: 'PT15S'
          failureCondition: {
            count: 5
            interval: 'PT1M'
            statusCodeRanges: [{ min: 429, max: 429 }, { min: 500, max: 599 }]
          }
        }
      ]
    }
  }
}

resource apis 'Microsoft.ApiManagement/service/apis@2024-05-01' = [for one in declared.backends: {
  parent: service
  name: one.name
  properties: {
    displayName: one.name
    path: 'backends/${one.name}'
    protocols: ['https']
    subscriptionRequired: true
  }
}]

resource operations 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = [for one in declared.operations: {
  name: '${service.name}/${one.api}/${toLower(one.method)}'
  properties: { displayName: one.method, method: one.method, urlTemplate: '/*' }
  dependsOn: [apis]
}]

resource policies 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = [for (one, number) in declared.backends: {
  parent: apis[number]
  name: 'policy'
  properties: { format: 'xml', value: one.policy }
  dependsOn: [backends, keys, tenantId, audienceValue]
}]

resource modelsApi 'Microsoft.ApiManagement/service/apis@2024-05-01' = {
  parent: service
  name: 'models'
  properties: {
    displayName: 'models'
    path: 'openai'
    protocols: ['https']
    subscriptionRequired: true
  }
}

resource modelsOperations 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = [for method in ['GET', 'POST']: {
  parent: modelsApi
  name: toLower(method)
  properties: { displayName: method, method: method, urlTemplate: '/*' }
}]

resource modelsPolicy 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  parent: modelsApi
  name: 'policy'
  properties: { format: 'xml', value: declared.models.policy }
  dependsOn: [models, tenantId, audienceValue]
}

resource subscription_ 'Microsoft.ApiManagement/service/subscriptions@2024-05-01' = {
  parent: service
  name: 'apps'
  properties: { displayName: 'apps', scope: '/apis', state: 'active' }
}

resource logger 'Microsoft.ApiManagement/service/loggers@2024-05-01' = {
  parent: service
  name: 'insights'
  properties: {
    loggerType: 'applicationInsights'
    resourceId: insights.id
    credentials: { connectionString: insights.properties.ConnectionString, identityClientId: 'SystemAssigned' }
  }
}

// W3C: a call has the trace of the turn that made it. `metrics` lets tokens be counted by bot and department.
resource diagnostics 'Microsoft.ApiManagement/service/diagnostics@2024-05-01' = {
  parent: service
  name: 'applicationinsights'
  properties: {
    loggerId: logger.id
    httpCorrelationProtocol: 'W3C'
    metrics: true
    sampling: { samplingType: 'fixed', percentage: 100 }
  }
}

resource onModels 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(ai.id, service.id, cognitiveServicesOpenAiUser)
  scope: ai
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', cognitiveServicesOpenAiUser)
    principalId: service.identity.principalId
    principalType: 'ServicePrincipal'
    description: 'The gateway asks models for the apps.'
  }
}

resource onVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, service.id, keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
    principalId: service.identity.principalId
    principalType: 'ServicePrincipal'
    description: 'The gateway reads the keys of backends.'
  }
}

resource onInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, service.id, '3913510d-42f4-4e42-8a64-420c390055eb')
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3913510d-42f4-4e42-8a64-420c390055eb')
    principalId: service.identity.principalId
    principalType: 'ServicePrincipal'
    description: 'Metrics and traces come from the gateway.'
  }
}

resource serviceLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: service
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'GatewayLogs', enabled: true }] }
}

output url string = 'https://${service.name}.azure-api.net'
