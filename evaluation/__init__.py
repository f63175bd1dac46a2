"""How good a bot's answers are: its own cases, held with it through the real pipeline.

`case` reads them, `stage` holds them, `judge` says what is wrong with a reply, `score` adds up by
group and compares with the last release. `botfabric eval` is the command.
"""
