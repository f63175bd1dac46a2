"""Azure AI Translator: text translation 3.0."""
