// The queries of infra/monitor on one page, over a period that its reader picks.
param location string
param tags object
param workspaceId string

var tables = [
  { title: 'Use', query: loadTextContent('../monitor/usage.kql') }
  { title: 'Cost of tokens', query: loadTextContent('../monitor/cost.kql') }
  { title: 'Slow calls', query: loadTextContent('../monitor/slow.kql') }
  { title: 'Capacity', query: loadTextContent('../monitor/capacity.kql') }
  { title: 'Hops', query: loadTextContent('../monitor/spans.kql') }
  { title: 'The slowest trace', query: loadTextContent('../monitor/trace.kql') }
  { title: 'Errors', query: loadTextContent('../monitor/errors.kql') }
  { title: 'Dead letters', query: loadTextContent('../monitor/dead.kql') }
  { title: 'Messages that wait', query: loadTextContent('../monitor/waiting.kql') }
  { title: 'Open breakers', query: loadTextContent('../monitor/breaker.kql') }
  { title: 'Budgets', query: loadTextContent('../monitor/budget.kql') }
  { title: 'Silent bots', query: loadTextContent('../monitor/silent.kql') }
  { title: 'Upkeep', query: loadTextContent('../monitor/upkeep.kql') }
]

var period = {
  type: 9
  name: 'parameters'
  content: {
    version: 'KqlParameterItem/1.0'
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
    parameters: [
      {
        id: guid('period')
        version: 'KqlParameterItem/1.0'
        name: 'period'
        label: 'Period'
        type: 4
        isRequired: true
        value: { durationMs: 86400000 }
        typeSettings: {
          selectableValues: [
            { durationMs: 3600000 }
            { durationMs: 86400000 }
            { durationMs: 604800000 }
            { durationMs: 2592000000 }
          ]
          allowCustom: true
        }
      }
    ]
  }
}

var shown = [for table in tables: {
  type: 3
  name: table.title
  content: {
    version: 'KqlItem/1.0'
    title: table.title
    query: table.query
    size: 0
    timeContextFromParameter: 'period'
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
    visualization: 'table'
  }
}]

var page = {
  version: 'Notebook/1.0'
  items: concat([period], shown)
  fallbackResourceIds: [workspaceId]
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'bot-fabric')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Bot Fabric'
    category: 'workbook'
    sourceId: workspaceId
    version: '1.0'
    serializedData: string(page)
  }
}
