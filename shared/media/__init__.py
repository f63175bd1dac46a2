"""What people send: attachments, fetched under guard, and documents among them as text."""
