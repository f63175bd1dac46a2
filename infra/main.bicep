// Everything that the platform stands on, in one resource group. What the apps need is in needs.json, which
// `make needs` writes from the manifests; this file makes it. Only what offline parsers read: no `?` types,
// no types of its own, no imports.
targetScope = 'resourceGroup'

@description('Short name of the environment.')
@minLength(2)
@maxLength(8)
param environmentName string
param location string = resourceGroup().location

@description('Who is told of alerts and budgets.')
param opsEmail string

@description('The API in Entra that operators sign in to, such as api://bot-fabric.')
param operatorAudience string

@description('servicebus keeps the order of a conversation in the broker; storagequeue is the cheap one.')
@allowed(['servicebus', 'storagequeue'])
param bus string = 'servicebus'

@description('Premium has private endpoints and zones.')
@allowed(['Standard', 'Premium'])
param serviceBusSku string = 'Standard'

@description('Private endpoints and a network; the apps stay reachable for Teams and Meta.')
param privateNetwork bool = false

@description('Spread over availability zones, where the region has them.')
param zoneRedundant bool = false

@description('A second region that Cosmos DB keeps a copy in; empty for none.')
param secondLocation string = ''

@description('What stands behind the aliases that bots name, as FABRIC_AI_MODELS has it.')
param models array = [
  { alias: 'default', deployment: 'gpt-4.1-mini', model: 'gpt-4.1-mini', version: '2025-04-14', capacity: 50 }
]

@description('Size of the search service that articles are found in; empty for none: they are searched in memory.')
@allowed(['', 'basic', 'standard'])
param searchSku string = ''

@description('Dimensions of the vectors that articles are found by in Cosmos DB, where there is no search service; 0 for none.')
@minValue(0)
@maxValue(4096)
param indexDimensions int = 0

@minValue(1)
param monthlyBudgetUsd int = 200
@description('First day of a month.')
param budgetStart string = '2026-12-01'

@description('Speech, translator and document intelligence, for bots that hear, translate and read scans.')
param senses bool = true

@description('The app in Entra that people sign in with on the web; empty for none.')
param signInClientId string = ''

@secure()
@description('The token of the handshake with Meta; empty without a bot on WhatsApp.')
param whatsappVerifyToken string = ''

@description('API Management in front of backends and models; none for none.')
@allowed(['none', 'BasicV2', 'StandardV2'])
param gatewaySku string = 'none'
@description('The API in Entra that the apps ask a token for towards the gateway.')
param gatewayAudience string = 'api://bot-fabric-gateway'
@description('The address of each backend behind the gateway whose url is a variable, by its name.')
param backendUrls object = {}

param department string = 'platform'
param costCenter string = 'none'

var needs = loadJsonContent('needs.json')
var token = toLower(uniqueString(resourceGroup().id, environmentName))
var tags = {
  'azd-env-name': environmentName
  workload: 'bot-fabric'
  bot: 'all'
  department: department
  'cost-center': costCenter
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    location: location
    tags: tags
    token: token
    opsEmail: opsEmail
    environmentName: environmentName
    monthlyBudgetUsd: monthlyBudgetUsd
    budgetStart: budgetStart
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    location: location
    tags: tags
    token: token
    workspaceId: monitoring.outputs.workspaceId
    actionGroupId: monitoring.outputs.actionGroupId
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  params: { location: location, tags: tags, workspaceId: monitoring.outputs.workspaceId }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  params: { location: location, tags: tags, token: token }
}

module data 'modules/data.bicep' = {
  name: 'data'
  params: {
    location: location
    tags: tags
    token: token
    containers: needs.containers
    container: needs.container
    index: needs.index
    indexDimensions: indexDimensions
    apps: needs.apps
    storageQueues: bus == 'storagequeue' ? needs.queues : []
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    zoneRedundant: zoneRedundant
    secondLocation: secondLocation
    workspaceId: monitoring.outputs.workspaceId
  }
}

module messaging 'modules/messaging.bicep' = if (bus == 'servicebus') {
  name: 'messaging'
  params: {
    location: location
    tags: tags
    token: token
    queues: needs.queues
    sku: serviceBusSku
    publicNetworkAccess: privateNetwork && serviceBusSku == 'Premium' ? 'Disabled' : 'Enabled'
    deadLetterStorageId: data.outputs.storageId
    actionGroupId: monitoring.outputs.actionGroupId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module ai 'modules/ai.bicep' = {
  name: 'ai'
  params: {
    location: location
    tags: tags
    token: token
    models: models
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    workspaceId: monitoring.outputs.workspaceId
  }
}

module sensing 'modules/senses.bicep' = if (senses) {
  name: 'senses'
  params: {
    location: location
    tags: tags
    token: token
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    workspaceId: monitoring.outputs.workspaceId
  }
}

module search 'modules/search.bicep' = if (!empty(searchSku)) {
  name: 'search'
  params: {
    location: location
    tags: tags
    token: token
    sku: searchSku
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    workspaceId: monitoring.outputs.workspaceId
  }
}

var closed = [
  { name: 'blob', group: 'blob', id: data.outputs.storageId, zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { name: 'queue', group: 'queue', id: data.outputs.storageId, zone: 'privatelink.queue.${environment().suffixes.storage}' }
  { name: 'Sql', group: 'Sql', id: data.outputs.cosmosId, zone: 'privatelink.documents.azure.com' }
  { name: 'vault', group: 'vault', id: data.outputs.vaultId, zone: 'privatelink.vaultcore.azure.net' }
  { name: 'account', group: 'account', id: ai.outputs.accountId, zone: 'privatelink.openai.azure.com' }
]
var queueEndpoint = { name: 'namespace', group: 'namespace', id: messaging.outputs.namespaceId, zone: 'privatelink.servicebus.windows.net' }
var topicEndpoint = { name: 'topic', group: 'topic', id: messaging.outputs.topicId, zone: 'privatelink.eventgrid.azure.net' }
var cognitive = 'privatelink.cognitiveservices.azure.com'
var closedSenses = senses ? [
  { name: 'speech', group: 'account', id: sensing.outputs.speechId, zone: cognitive }
  { name: 'translator', group: 'account', id: sensing.outputs.translatorId, zone: cognitive }
  { name: 'documents', group: 'account', id: sensing.outputs.documentsId, zone: cognitive }
] : []
var searchEndpoint = { name: 'search', group: 'searchService', id: empty(searchSku) ? '' : search.outputs.searchId, zone: 'privatelink.search.windows.net' }
var closedSearch = empty(searchSku) ? [] : [searchEndpoint]
var closedBus = bus == 'servicebus' && serviceBusSku == 'Premium' ? [queueEndpoint, topicEndpoint] : []

module endpoints 'modules/endpoints.bicep' = if (privateNetwork) {
  name: 'endpoints'
  params: {
    location: location
    tags: tags
    token: token
    subnetId: network.outputs.endpointSubnetId
    networkId: network.outputs.networkId
    targets: concat(closed, closedSenses, closedSearch, closedBus)
  }
}

module bots 'modules/bots.bicep' = {
  name: 'bots'
  params: {
    location: location
    tags: tags
    token: token
    bots: filter(needs.bots, bot => bot.teams && empty(bot.group))
    hostName: 'func-main-${token}.azurewebsites.net'
    workspaceId: monitoring.outputs.workspaceId
  }
}

// Bots of a department with a resource group of its own, in its subscription where it has one.
module departmentBots 'modules/bots.bicep' = [for group in needs.groups: {
  name: 'bots-${group.name}'
  scope: resourceGroup(empty(group.subscription) ? subscription().subscriptionId : group.subscription, group.name)
  params: {
    location: location
    tags: union(tags, { department: group.department, 'cost-center': group.costCenter })
    token: token
    bots: filter(needs.bots, bot => bot.teams && bot.department == group.department)
    hostName: 'func-main-${token}.azurewebsites.net'
    workspaceId: monitoring.outputs.workspaceId
  }
}]

module gateway 'modules/gateway.bicep' = if (gatewaySku != 'none') {
  name: 'gateway'
  params: {
    location: location
    tags: tags
    token: token
    sku: gatewaySku
    publisherEmail: opsEmail
    subnetId: privateNetwork && gatewaySku == 'StandardV2' ? network.outputs.gatewaySubnetId : ''
    audience: gatewayAudience
    backendUrls: backendUrls
    vaultName: data.outputs.vaultName
    aiName: ai.outputs.accountName
    insightsName: monitoring.outputs.insightsName
    workspaceId: monitoring.outputs.workspaceId
  }
}

module apps 'modules/app.bicep' = [for app in needs.apps: {
  name: 'app-${app.name}'
  params: {
    location: location
    tags: empty(app.department) ? tags : union(tags, { department: app.department, 'cost-center': app.costCenter })
    token: token
    app: app
    roles: needs.roles
    bus: bus
    storageName: data.outputs.storageName
    cosmosName: data.outputs.cosmosName
    vaultName: data.outputs.vaultName
    aiName: ai.outputs.accountName
    aiModels: join(ai.outputs.models, ',')
    searchName: empty(searchSku) ? '' : search.outputs.searchName
    indexDatabase: indexDimensions > 0 ? data.outputs.databaseName : ''
    speechName: senses ? sensing.outputs.speechName : ''
    translatorName: senses ? sensing.outputs.translatorName : ''
    documentsName: senses ? sensing.outputs.documentsName : ''
    busNamespace: bus == 'servicebus' ? messaging.outputs.namespaceName : ''
    topicName: bus == 'servicebus' ? messaging.outputs.topicName : ''
    insightsName: monitoring.outputs.insightsName
    workspaceId: monitoring.outputs.workspaceId
    subnetId: privateNetwork ? network.outputs.appSubnetId : ''
    zoneRedundant: zoneRedundant
    operatorAudience: operatorAudience
    signInClientId: signInClientId
    whatsappVerifyToken: whatsappVerifyToken
    gatewayUrl: gatewaySku == 'none' ? '' : gateway.outputs.url
    gatewayAudience: gatewayAudience
    botIdentities: bots.outputs.identityIds
    botSettings: bots.outputs.settings
    departmentIdentities: [for (group, number) in needs.groups: departmentBots[number].outputs.identityIds]
    departmentSettings: [for (group, number) in needs.groups: departmentBots[number].outputs.settings]
  }
}]

output apps array = [for (app, number) in needs.apps: apps[number].outputs.hostName]
output vault string = data.outputs.vaultName
