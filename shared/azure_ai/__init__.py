"""Azure's AI services that are no models: Speech, Translator, Document Intelligence, over REST."""
