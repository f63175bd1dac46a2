// Speech, translator and document intelligence, in the region of the apps. Each costs what is used, and no more.
param location string
param tags object
param token string
param publicNetworkAccess string
param workspaceId string

resource speech 'Microsoft.CognitiveServices/accounts@2025-09-01' = {
  name: 'speech-${token}'
  location: location
  tags: tags
  kind: 'SpeechServices'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: 'speech-${token}'
    disableLocalAuth: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: { defaultAction: publicNetworkAccess == 'Disabled' ? 'Deny' : 'Allow' }
  }
}

resource translator 'Microsoft.CognitiveServices/accounts@2025-09-01' = {
  name: 'translator-${token}'
  location: location
  tags: tags
  kind: 'TextTranslation'
  sku: { name: 'S1' }
  properties: {
    customSubDomainName: 'translator-${token}'
    disableLocalAuth: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: { defaultAction: publicNetworkAccess == 'Disabled' ? 'Deny' : 'Allow' }
  }
}

resource documents 'Microsoft.CognitiveServices/accounts@2025-09-01' = {
  name: 'documents-${token}'
  location: location
  tags: tags
  kind: 'FormRecognizer'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: 'documents-${token}'
    disableLocalAuth: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: { defaultAction: publicNetworkAccess == 'Disabled' ? 'Deny' : 'Allow' }
  }
}

resource speechLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: speech
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'Audit', enabled: true }] }
}

resource translatorLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: translator
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'Audit', enabled: true }] }
}

resource documentsLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: documents
  name: 'to-workspace'
  properties: { workspaceId: workspaceId, logs: [{ category: 'Audit', enabled: true }] }
}

output speechId string = speech.id
output speechName string = speech.name
output translatorId string = translator.id
output translatorName string = translator.name
output documentsId string = documents.id
output documentsName string = documents.name
