// Who is told of what the log says. Each rule is a query of infra/monitor, and a page that says what to do.
param location string
param tags object
param token string
param workspaceId string
param actionGroupId string

// A rule looks at the last `window`, every `every`. It fires for each row's `by` whose `column` is over `threshold`.
var rules = [
  {
    name: 'dead-letters'
    query: loadTextContent('../monitor/dead.kql')
    column: 'letters'
    by: 'reason'
    threshold: 0
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
    page: 'docs/operate.md#dead-letters'
  }
  {
    name: 'messages-wait'
    query: loadTextContent('../monitor/waiting.kql')
    column: 'minutes'
    by: 'skill'
    threshold: 15
    severity: 1
    window: 'PT6H'
    every: 'PT5M'
    page: 'docs/operate.md#messages-wait'
  }
  {
    name: 'errors'
    query: loadTextContent('../monitor/errors.kql')
    column: 'errors'
    by: 'what'
    threshold: 20
    severity: 2
    window: 'PT15M'
    every: 'PT5M'
    page: 'docs/operate.md#errors'
  }
  {
    name: 'breaker-open'
    query: loadTextContent('../monitor/breaker.kql')
    column: 'restSeconds'
    by: 'target'
    threshold: 0
    severity: 2
    window: 'PT30M'
    every: 'PT5M'
    page: 'docs/operate.md#a-breaker-is-open'
  }
  {
    name: 'budget-threshold'
    query: loadTextContent('../monitor/budget.kql')
    column: 'share'
    by: 'budget'
    threshold: 0
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    page: 'docs/operate.md#a-budget-passes-a-threshold'
  }
  {
    name: 'slow-calls'
    query: loadTextContent('../monitor/slow.kql')
    column: 'p95Ms'
    by: 'target'
    threshold: 10000
    severity: 3
    window: 'PT30M'
    every: 'PT15M'
    page: 'docs/operate.md#calls-are-slow'
  }
  {
    name: 'silent-bot'
    query: loadTextContent('../monitor/silent.kql')
    column: 'turns'
    by: 'bot'
    threshold: 0
    severity: 3
    window: 'P2D'
    every: 'PT1H'
    page: 'docs/operate.md#a-bot-is-silent'
  }
  {
    name: 'upkeep'
    query: loadTextContent('../monitor/upkeep.kql')
    column: 'alerts'
    by: 'what'
    threshold: 0
    severity: 2
    window: 'P2D'
    every: 'PT1H'
    page: 'docs/operate.md#alerts'
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: '${rule.name}-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: rule.name
    description: 'What to do: ${rule.page}'
    severity: rule.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: rule.every
    windowSize: rule.window
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: rule.query
          metricMeasureColumn: rule.column
          timeAggregation: 'Maximum'
          dimensions: [{ name: rule.by, operator: 'Include', values: ['*'] }]
          operator: 'GreaterThan'
          threshold: rule.threshold
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [actionGroupId] }
  }
}]
