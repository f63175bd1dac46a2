"""Azure Web PubSub: sockets of simple clients, groups, and what the app is told of them."""
