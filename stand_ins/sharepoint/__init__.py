"""Microsoft Graph, as far as libraries of SharePoint go: changes, contents, permissions."""
