"""The query language of Cosmos DB, a subset of it: what is outside is refused, never guessed."""
