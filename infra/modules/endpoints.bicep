// A private endpoint for each service, and the zone that its name is found in.
param location string
param tags object
param token string
param subnetId string
param networkId string
@description('name: of the endpoint; group: the sub-resource; id: the service; zone: its private DNS zone.')
param targets array

// Offline parsers know no map().
var zoneOfEach = [for target in targets: target.zone]
var zoneNames = union(zoneOfEach, [])

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for zone in zoneNames: {
  name: zone
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (zone, number) in zoneNames: {
  parent: zones[number]
  name: 'link-${token}'
  location: 'global'
  tags: tags
  properties: { registrationEnabled: false, virtualNetwork: { id: networkId } }
}]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-07-01' = [for target in targets: {
  name: 'pe-${target.name}-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: target.name
        properties: { privateLinkServiceId: target.id, groupIds: [target.group] }
      }
    ]
  }
}]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = [for (target, number) in targets: {
  parent: endpoints[number]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [{ name: target.name, properties: { privateDnsZoneId: zones[indexOf(zoneNames, target.zone)].id } }]
  }
}]
