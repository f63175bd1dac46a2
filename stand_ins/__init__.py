"""The services around the platform, on this machine: one folder a service.

A stand-in is a `Server` (`server`): entered, it listens on 127.0.0.1; it knows the settings by
which the app finds it. `registry` lists them all, for `botfabric stand-ins` and for tests, and
`python -m stand_ins.<folder>` runs one as a program.
"""
