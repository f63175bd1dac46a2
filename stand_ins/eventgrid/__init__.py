"""Event Grid: a custom topic that takes CloudEvents and delivers each at least once."""
