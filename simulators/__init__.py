"""Teams and WhatsApp on this machine: they enforce the services' rules, and misbehave on a switch.

For skill authors (`botfabric simulate`) and for tests, as async context managers. Nothing here
imports the product: a rule that both sides read in one place would be tested against itself.
"""
