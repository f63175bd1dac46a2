"""Whether it works, for anybody; on a laptop line by line, as operators see it elsewhere."""

from functools import cache
from typing import TYPE_CHECKING

import azure.functions as func

from functions.host import fabric
from functions.http import json_response
from shared.errors import ConfigurationError
from shared.observability import log
from shared.observability.failure import told
from shared.version import VERSION

if TYPE_CHECKING:
    from shared.fabric import Fabric
    from shared.operations.reports.health import HealthDesk

bp = func.Blueprint()


@cache
def desk(fabric: "Fabric") -> "HealthDesk":
    """Return this process' look at what it depends on."""
    from shared.operations.reports.health import HealthDesk

    return HealthDesk(fabric)


@bp.function_name("health")
@bp.route("health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    try:
        here = fabric()
    except ConfigurationError as error:
        log.error("app.misconfigured", function="health", reason=told(error))
        return json_response({"status": "degraded", "version": VERSION})
    at_home = here.settings.local and "x-forwarded-for" not in req.headers
    return json_response(await (desk(here).report() if at_home else desk(here).verdict()))
