"""Documents of other programs, read as Markdown: one module for each kind, each with its library.

The libraries are the extra `[documents]`, imported when a document of their kind is read.
"""
