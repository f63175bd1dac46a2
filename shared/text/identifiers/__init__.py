"""Structured identifiers of people in a text: recognised by their check digits, then replaced.

`find` says where they stand, `redaction` puts placeholders in their place and takes them out
again. Names and addresses have no such structure and are not recognised.
"""
