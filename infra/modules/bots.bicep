// An Azure Bot for each bot on Teams, each with a managed identity of its own: no secret to rotate.
param location string
param tags object
param token string
param bots array
param hostName string
param workspaceId string

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [for bot in bots: {
  name: 'id-bot-${bot.id}-${token}'
  location: location
  tags: union(tags, { bot: bot.id, department: bot.department, 'cost-center': bot.costCenter })
}]

resource registrations 'Microsoft.BotService/botServices@2022-09-15' = [for (bot, number) in bots: {
  name: 'bot-${bot.id}-${token}'
  location: 'global'
  tags: union(tags, { bot: bot.id, department: bot.department, 'cost-center': bot.costCenter })
  kind: 'azurebot'
  sku: { name: 'S1' }
  properties: {
    displayName: bot.name
    endpoint: 'https://${hostName}/api/teams/${bot.id}'
    msaAppId: identities[number].properties.clientId
    msaAppType: 'UserAssignedMSI'
    msaAppMSIResourceId: identities[number].id
    msaAppTenantId: tenant().tenantId
    disableLocalAuth: true
    schemaTransformationVersion: '1.3'
  }
}]

resource channels 'Microsoft.BotService/botServices/channels@2022-09-15' = [for (bot, number) in bots: {
  parent: registrations[number]
  name: 'MsTeamsChannel'
  location: 'global'
  tags: union(tags, { bot: bot.id, department: bot.department, 'cost-center': bot.costCenter })
  properties: {
    channelName: 'MsTeamsChannel'
    properties: { isEnabled: true, enableCalling: false, acceptedTerms: true }
  }
}]

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [for (bot, number) in bots: {
  scope: registrations[number]
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'BotRequest', enabled: true }] }
}]

output identityIds array = [for (bot, number) in bots: identities[number].id]
output settings array = [for (bot, number) in bots: {
  name: bot.appIdSetting
  value: identities[number].properties.clientId
}]
