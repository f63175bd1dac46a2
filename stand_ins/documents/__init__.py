"""Azure AI Document Intelligence: its model `prebuilt-read`."""
