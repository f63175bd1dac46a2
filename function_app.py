"""The index of the function app: registers every blueprint, nothing else."""

import azure.functions as func

from functions import BLUEPRINTS
from functions.host import fabric

fabric()

app = func.FunctionApp()
for blueprint in BLUEPRINTS:
    app.register_functions(blueprint)
