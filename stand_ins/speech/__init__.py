"""Azure AI Speech: fast transcription."""
