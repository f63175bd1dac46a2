"""What of the Bicep can be known to be right without Azure: `python -m infra.check`.

    source    a file, parsed: its parameters, variables, resources, modules and outputs
    names     every name is declared, every module gets what it asks for, nothing is left over
    rules     ours: identities instead of keys, tags on everything, nothing public in production

    policies  of the gateway: well-formed, in their sections, shut, without a secret

Types of properties are not checked here; the pipeline has the Bicep CLI for that.
"""
