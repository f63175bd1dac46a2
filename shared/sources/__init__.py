"""Where knowledge comes from: one module for each kind of place, which reads and never writes."""
