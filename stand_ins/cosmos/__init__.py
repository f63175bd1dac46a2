"""Cosmos DB for NoSQL: an in-memory account over HTTP that meters what it is asked."""
