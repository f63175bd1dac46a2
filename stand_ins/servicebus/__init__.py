"""Service Bus: an in-memory broker of queues, topics and message sessions over AMQP 1.0."""
