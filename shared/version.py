"""The version of this product: `pyproject.toml` reads it, a packed app has nothing else to ask."""

VERSION = "0.1.0"
