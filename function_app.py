"""The index of the function app: registers every blueprint, nothing else."""

import gc

gc.disable()  # what is loaded from here on stays: a collection would find next to nothing

import azure.functions as func

from functions import BLUEPRINTS
from functions.start import start

start()

app = func.FunctionApp()
for blueprint in BLUEPRINTS:
    app.register_functions(blueprint)

gc.freeze()  # nor has any later collection to look at it again
gc.set_threshold(10_000)  # new objects, not 700: a turn leaves no cycles, and many that come and go
gc.enable()
