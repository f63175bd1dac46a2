"""A CRM with a ticketing system: a backend of the organisation."""
