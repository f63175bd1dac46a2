"""Breaks the product on purpose and checks what it promises: `botfabric chaos`.

`simulation` runs the real handlers on in-memory ports, in virtual time, by a seed; `drill` runs
real processes on one data folder and kills them. `verdict` judges both by what people received.
"""
