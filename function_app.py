"""The index of the function app: registers every blueprint, nothing else."""

import azure.functions as func

from functions import BLUEPRINTS
from functions.start import start

start()

app = func.FunctionApp()
for blueprint in BLUEPRINTS:
    app.register_functions(blueprint)
