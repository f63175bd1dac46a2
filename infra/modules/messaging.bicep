// Queues of commands, and the topic of facts that ends in the queue `events`.
param location string
param tags object
param token string
param queues array
param sku string
param publicNetworkAccess string
param deadLetterStorageId string
param actionGroupId string
param workspaceId string

// Event Grid proves itself to the queue and to the storage of what it cannot deliver.
var serviceBusDataSender = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: 'sb-${token}'
  location: location
  tags: tags
  sku: { name: sku, tier: sku }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicNetworkAccess
  }
}

// Event Grid has no private endpoint of ours to come through: it is let in as a trusted service.
resource trusted 'Microsoft.ServiceBus/namespaces/networkRuleSets@2024-01-01' = if (publicNetworkAccess == 'Disabled') {
  parent: namespace
  name: 'default'
  properties: { publicNetworkAccess: 'Disabled', defaultAction: 'Deny', trustedServiceAccessEnabled: true }
}

resource buried 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: namespace
  name: 'dead-letters'
  properties: {
    requiresSession: false
    requiresDuplicateDetection: false
    maxDeliveryCount: 10
    lockDuration: 'PT1M'
    defaultMessageTimeToLive: 'P14D'
  }
}

resource working 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [for queue in filter(queues, q => q.name != 'dead-letters'): {
  parent: namespace
  name: queue.name
  properties: {
    requiresSession: queue.sessions
    requiresDuplicateDetection: true
    duplicateDetectionHistoryTimeWindow: 'PT10M'
    maxDeliveryCount: 10
    lockDuration: 'PT1M'
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: true
    forwardDeadLetteredMessagesTo: buried.name
  }
}]

resource carrier 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-facts-${token}'
  location: location
  tags: tags
}

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: 'evgt-${token}'
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${carrier.id}': {} } }
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: publicNetworkAccess
  }
}

resource mayEnqueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(namespace.id, carrier.id, serviceBusDataSender)
  scope: namespace
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', serviceBusDataSender)
    principalId: carrier.properties.principalId
    principalType: 'ServicePrincipal'
    description: 'Event Grid puts facts into the queue events.'
  }
}

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: last(split(deadLetterStorageId, '/'))
}

resource mayKeep 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, carrier.id, storageBlobDataContributor)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
    principalId: carrier.properties.principalId
    principalType: 'ServicePrincipal'
    description: 'Event Grid keeps the facts that it could not deliver.'
  }
}

resource toEvents 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'to-events'
  dependsOn: [mayEnqueue, mayKeep, working]
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    deliveryWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: carrier.id }
      destination: {
        endpointType: 'ServiceBusQueue'
        properties: { resourceId: '${namespace.id}/queues/events' }
      }
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: carrier.id }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: deadLetterStorageId, blobContainerName: 'undeliverable-facts' }
      }
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
  }
}

resource unburied 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'dead-letters-wait-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages lie in a dead-letter queue of the broker; botfabric dlq broker reaches them.'
    severity: 2
    enabled: true
    scopes: [namespace.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead'
          metricName: 'DeadletteredMessages'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Maximum'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: ['*'] }]
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}

resource namespaceLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'OperationalLogs', enabled: true }] }
}

output namespaceId string = namespace.id
output namespaceName string = namespace.name
output topicId string = topic.id
output topicName string = topic.name
