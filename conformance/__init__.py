"""The conformance kit: what every skill, channel and bot promises, tried on this machine.

`botfabric verify NAME` runs it; a test of a skill or bot calls `broken_promises`. Nothing here
needs a service: models are the offline ones, and no backend is connected.
"""
