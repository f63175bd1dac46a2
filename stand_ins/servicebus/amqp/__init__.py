"""AMQP 1.0: its types, and their way to bytes and back."""
