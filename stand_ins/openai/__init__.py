"""OpenAI and Azure OpenAI: chat completions and embeddings."""
