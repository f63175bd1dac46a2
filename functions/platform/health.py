"""One line for each dependency: what works, and what still works without the rest."""

import azure.functions as func

from functions.host import fabric
from functions.http import json_response
from shared.operations.reports.health import health as report

bp = func.Blueprint()


@bp.function_name("health")
@bp.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    return json_response(await report(fabric()))
