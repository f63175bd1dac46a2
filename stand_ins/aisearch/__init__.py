"""Azure AI Search on this machine."""
