#!/bin/sh
# The image's start command: stop at once, with one line, where settings or manifests are wrong; then become the host.
set -eu
cd "${AzureWebJobsScriptRoot:-/home/site/wwwroot}"
python -B -c '
import sys
from shared.errors import ConfigurationError
try:
    import function_app
    from functions.host import fabric
    print(len(function_app.app.get_functions()), "functions,", len(fabric().bots), "bots", flush=True)
except ConfigurationError as error:
    sys.exit(f"error: {error}")
'
exec "$@"
