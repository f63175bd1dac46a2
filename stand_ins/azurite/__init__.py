"""Azure Storage: Azurite, Microsoft's own emulator of blobs and queues, where node is."""
