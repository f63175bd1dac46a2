"""An echo bot on botbuilder-python 4, as its samples build one.

On: JWT validation of the channel token (signature, expiry, issuer, audience, serviceurl,
endorsements), with the connector's OpenID address by the SDK's own setting. Changed: a
connector token that is constant instead of fetched by MSAL.
"""

import asyncio
import sys

from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botframework.connector.auth import (
    MicrosoftAppCredentials,
    PasswordServiceClientCredentialFactory,
)

connector, app_id = sys.argv[1:]


class Configuration:
    TO_CHANNEL_FROM_BOT_LOGIN_URL = "https://login.microsoftonline.com/botframework.com"
    TO_CHANNEL_FROM_BOT_OAUTH_SCOPE = "https://api.botframework.com"
    TO_BOT_FROM_CHANNEL_TOKEN_ISSUER = "https://api.botframework.com"
    TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL = f"{connector}/openid"
    TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL = f"{connector}/openid"
    OAUTH_URL = connector


class ConstantToken(MicrosoftAppCredentials):
    def get_access_token(self, force_refresh: bool = False) -> str:
        return "constant"


class Credentials(PasswordServiceClientCredentialFactory):
    async def create_credentials(
        self, app_id: str, oauth_scope: str, login_endpoint: str, validate_authority: bool
    ) -> ConstantToken:
        return ConstantToken(app_id, "", "bench", oauth_scope)


class Echo(ActivityHandler):
    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity(f"echo: {turn_context.activity.text}")


bot = Echo()
adapter = CloudAdapter(
    ConfigurationBotFrameworkAuthentication(
        Configuration(), credentials_factory=Credentials(app_id, "")
    )
)


async def messages(request: web.Request) -> web.Response:
    return await adapter.process(request, bot)


async def main() -> None:
    app = web.Application()
    app.router.add_post("/api/messages", messages)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"ready http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
