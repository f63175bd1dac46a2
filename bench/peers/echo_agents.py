"""An echo bot on the Microsoft 365 Agents SDK, as its quickstart builds one.

On: JWT middleware (signature, expiry, audience), memory storage, typing timer (the SDK's
default). Changed: the address of the connector's keys, and a connector token that is constant
instead of fetched by MSAL.
"""

import asyncio
import sys

from aiohttp import web
from microsoft_agents.hosting.aiohttp import (
    CloudAdapter,
    jwt_authorization_middleware,
    start_agent_process,
)
from microsoft_agents.hosting.core import (
    AgentApplication,
    AgentAuthConfiguration,
    AnonymousTokenProvider,
    MemoryStorage,
    TurnContext,
    TurnState,
)
from microsoft_agents.hosting.core.authorization import _entra_issuers

connector, app_id = sys.argv[1:]
_entra_issuers.BOTFRAMEWORK_JWKS_URIS["https://api.botframework.com"] = f"{connector}/keys"


class ConstantToken(AnonymousTokenProvider):
    async def get_access_token(
        self, resource_url: str, scopes: list[str], force_refresh: bool = False
    ) -> str:
        return "constant"


class Connections:
    """The one connection there is, whatever it is asked for by."""

    configuration = AgentAuthConfiguration(client_id=app_id, tenant_id="bench")

    def __init__(self) -> None:
        self._token = ConstantToken()

    def get_connection(self, name: str) -> ConstantToken:
        return self._token

    def get_default_connection(self) -> ConstantToken:
        return self._token

    def get_token_provider(self, identity: object, service_url: str) -> ConstantToken:
        return self._token

    def get_token_provider_from_activity(self, identity: object, activity: object) -> ConstantToken:
        return self._token

    def get_default_connection_configuration(self) -> AgentAuthConfiguration:
        return self.configuration


connections = Connections()
adapter = CloudAdapter(connection_manager=connections)
agent = AgentApplication[TurnState](
    storage=MemoryStorage(), adapter=adapter, bot_app_id=app_id, connection_manager=connections
)


@agent.activity("message")
async def echo(context: TurnContext, state: TurnState) -> None:
    await context.send_activity(f"echo: {context.activity.text}")


async def messages(request: web.Request) -> web.Response | None:
    return await start_agent_process(request, agent, adapter)


async def main() -> None:
    app = web.Application(middlewares=[jwt_authorization_middleware])
    app["agent_configuration"] = connections.configuration
    app.router.add_post("/api/messages", messages)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"ready http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
