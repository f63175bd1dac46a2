"""The seams: what the pipeline needs from the world, as Protocols.

An adapter fits one of these and is named in `shared/adapters.py` by its URL scheme. The suites
in `tests/contract` say in full what each promises.
"""
