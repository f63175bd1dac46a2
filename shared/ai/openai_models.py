"""The Models of `azure-openai://` and `openai://`: aliases, and pools of deployments."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from shared.ai.aliases import EMBEDDING, Deployment, read_aliases, resource
from shared.ai.metered import Metered
from shared.ai.openai import SECONDS, Endpoint, OpenAIModel, token
from shared.ai.pool import BUDGET, Member, Pool
from shared.clients.breaker import Breaker
from shared.errors import ConfigurationError
from shared.ports.models import Behind

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


class OpenAIModels:
    """`base_url` makes a host's URL, `secret` a key of what stands for it, at each call.

    `credential` gives the app's identity, when there is no key; `gateway` the headers of calls
    to `gateway_host`, which stands in front of a resource.

    Nothing is connected, and no SDK imported, before the first call.
    """

    def __init__(
        self,
        url: str,
        aliases: str,
        *,
        base_url: Callable[[str], str],
        key: str = "",
        secret: Callable[[str], Awaitable[str]] | None = None,
        credential: "Callable[[], AsyncTokenCredential]",
        environ: Mapping[str, str] | None = None,
        gateway: Callable[[], Awaitable[dict[str, str]]] | None = None,
        gateway_host: str = "",
        seconds: float = SECONDS,
        budget: float = BUDGET,
    ) -> None:
        self._url = url
        self._base_url, self._secret, self._credential = base_url, secret, credential
        self._seconds, self._budget = seconds, budget
        self._gateway, self._gateway_host = gateway, gateway_host
        self._aliases = read_aliases(aliases, environ or {})
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._pools: dict[str, Pool] = {}
        keys = {url: key}
        for deployment in (d for group in self._aliases.values() for d in group if d.url):
            keys[deployment.url] = deployment.key or keys.get(deployment.url, "")
        self._endpoints = {url: self._endpoint(url, key) for url, key in keys.items()}

    def named(self, alias: str) -> Pool:
        """The pool of an alias; without FABRIC_AI_MODELS an alias is a deployment's name."""
        if alias not in self._pools:
            deployments = self._deployments(alias)
            embeds = EMBEDDING in self._aliases and alias != EMBEDDING
            self._pools[alias] = Pool(
                alias,
                [self._member(alias, deployment) for deployment in deployments],
                embedder=self.named(EMBEDDING) if embeds else None,
                budget=self._budget,
            )
        return self._pools[alias]

    @property
    def embedder(self) -> str:
        return next((one.name for one in self._aliases.get(EMBEDDING, ())), "")

    def behind(self, alias: str) -> Behind:
        deployments = self._deployments(alias)
        embedders = self._aliases.get(EMBEDDING) or deployments
        return Behind(
            [deployment.name for deployment in deployments],
            [deployment.name for deployment in embedders],
            max(deployment.output_tokens for deployment in deployments),
        )

    async def check(self) -> str:
        """ "" when every resource takes our key, and no alias is without a deployment."""
        checks = [endpoint.check() for endpoint in self._endpoints.values()]
        checks += [pool.check() for pool in self._pools.values()]
        problems = await asyncio.gather(*checks)
        return "; ".join(dict.fromkeys(filter(None, problems)))

    async def close(self) -> None:
        for endpoint in self._endpoints.values():
            await endpoint.close()

    def _deployments(self, alias: str) -> Sequence[Deployment]:
        deployments = self._aliases.get(alias, ()) if self._aliases else (Deployment(alias),)
        if not deployments:
            raise ConfigurationError(
                f"FABRIC_AI_MODELS has no alias {alias!r}; add it, or name one of "
                f"{', '.join(self._aliases)} as the bot's model"
            )
        return deployments

    def _member(self, alias: str, deployment: Deployment) -> Member:
        url = deployment.url or self._url
        place = (url, deployment.name)
        if place not in self._breakers:
            self._breakers[place] = Breaker(deployment.name)
        model = OpenAIModel(
            self._endpoints[url], deployment.name, output_tokens=deployment.output_tokens
        )
        return Member(Metered(model, alias), self._breakers[place], deployment.priority)

    def _endpoint(self, url: str, key: str) -> Endpoint:
        """One resource; a key goes to the resource that it was given for, and to no other."""
        scheme, host = resource(url, "FABRIC_AI_URL")
        azure = scheme == "azure-openai"
        if self._gateway and host == self._gateway_host:
            return Endpoint(
                f"{self._base_url(host)}/openai/v1/",
                provider="azure.ai.openai",
                key="in the headers of each call",
                seconds=self._seconds,
                headers=self._gateway,
            )
        if not key and not azure:
            raise ConfigurationError(
                f"there is no key for {url}; set FABRIC_AI_KEY, or for a url in FABRIC_AI_MODELS "
                'its "key" to $NAME of the variable that holds it'
            )
        held = partial(self._secret, key) if self._secret else key
        return Endpoint(
            f"{self._base_url(host)}/openai/v1/" if azure else f"{self._base_url(host)}/v1/",
            provider="azure.ai.openai" if azure else "openai",
            key=held if key else partial(_token, self._credential),
            seconds=self._seconds,
        )


async def _token(credential: "Callable[[], AsyncTokenCredential]") -> str:
    return await token(credential())
