"""How people are known here: who they are, and what is done in their name."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from shared.clients.http import HttpClient
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.identity.app_token import AppToken
    from shared.identity.bot_token import BotTokens
    from shared.identity.directory import Directory
    from shared.identity.members import Members
    from shared.identity.on_behalf import OnBehalf
    from shared.identity.operator_token import GroupsOf, OperatorTokens
    from shared.identity.secrets import Secrets
    from shared.identity.sign_in import SignIn
    from shared.identity.token_service import TokenService
    from shared.identity.user_tokens import UserTokens


class People:
    """Sign-in, people's tokens and operators' tokens, each on first use.

    `bot_tokens` are what a bot on Teams shows the token service.
    """

    def __init__(
        self,
        settings: Settings,
        http: HttpClient,
        secrets: Callable[[], "Secrets"],
        bot_tokens: Callable[[], "BotTokens"],
    ) -> None:
        self._settings = settings
        self._http = http
        self._secrets = secrets
        self._bot_tokens = bot_tokens

    @cached_property
    def operators(self) -> "OperatorTokens":
        """Who may sign in to operate: whom Entra, or on a laptop its stand-in, vouches for."""
        from shared.identity.key_file import KeyFile
        from shared.identity.openid_keys import OpenIdKeys
        from shared.identity.operator_token import OperatorTokens

        settings = self._settings
        url = settings.operator_openid_url
        keys = (
            OpenIdKeys(url, self._http, local=settings.local)
            if url
            else KeyFile(settings.laptop_keys)
        )
        return OperatorTokens(
            keys,
            audience=settings.operator_audience,
            tenant=settings.operator_tenant,
            groups_of=self._groups_of if settings.has_directory else None,
            fronted=settings.app_service_auth,
        )

    @cached_property
    def _groups_of(self) -> "GroupsOf":
        from shared.identity.member_groups import MemberGroups

        return MemberGroups(self._app_token, self._http, self._settings.graph_url).of

    @cached_property
    def members(self) -> "Members":
        """Who is in the organisation's directory."""
        from shared.identity.members import Members

        return Members(self._http, self._settings.graph_url, self._app_token)

    @cached_property
    def _app_token(self) -> "AppToken":
        from shared.identity.app_token import AppToken

        return AppToken(self.directory)

    @cached_property
    def sign_in(self) -> "SignIn":
        """How people sign in with the organisation's directory."""
        from shared.identity.sign_in import SignIn

        return SignIn(self._settings, self._http, self.directory, self.on_behalf)

    @cached_property
    def directory(self) -> "Directory":
        """The organisation's directory, where people sign in."""
        from shared.identity.directory import Directory

        return Directory(self._settings, self._http, self._secrets())

    @cached_property
    def on_behalf(self) -> "OnBehalf":
        """Tokens for other systems in the name of people."""
        from shared.identity.on_behalf import OnBehalf

        return OnBehalf(self.directory)

    @cached_property
    def user_tokens(self) -> "UserTokens":
        """The tokens of people for whom no token service keeps them."""
        from shared.identity.user_tokens import UserTokens

        return UserTokens()

    @cached_property
    def token_service(self) -> "TokenService":
        """Where the tokens of people on Teams are kept."""
        from shared.identity.token_service import TokenService

        return TokenService(self._settings.teams_token_service_url, self._http, self._bot_tokens())
