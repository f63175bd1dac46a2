"""The composition root: settings in, connected ports out, each on first use."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from time import time
from typing import TYPE_CHECKING

from shared import adapters, surroundings
from shared.activity import ConversationReference
from shared.bot import Bot, Retention
from shared.clients.http import HttpClient
from shared.governance import residency
from shared.governance.access import Access
from shared.governance.audit import Trail
from shared.governance.backends import Witness, granted
from shared.governance.callers import Callers
from shared.governance.ledger import Ledger
from shared.governance.limits.admission import Admission
from shared.governance.limits.bulkhead import Bulkheads
from shared.governance.limits.rollouts import Rollouts
from shared.governance.limits.switches import Switches
from shared.governance.limits.trials import Trials
from shared.governance.retention import RetainedStore
from shared.manifest.access import load_access
from shared.manifest.backends import load_backends
from shared.manifest.bot_versions import load_bot_versions
from shared.manifest.bots import load_bots
from shared.manifest.callers import load_callers
from shared.manifest.departments import load_departments
from shared.manifest.policy import Finding, findings, load_policy
from shared.manifest.webhooks import load_webhooks
from shared.ports.backend import Backend, NotConnected
from shared.ports.bus import Bus, Topic
from shared.ports.channel import Channel
from shared.ports.models import ChatModel, Models
from shared.ports.safety import ContentSafety
from shared.ports.senses import Senses
from shared.ports.store import Blobs, Store
from shared.records.fresh import Fresh
from shared.records.last_sent import LastSent
from shared.settings import Settings
from shared.skill import Skill

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.ai.assistant import Assistant
    from shared.ai.encoder import Encoder
    from shared.channels.directline.channel import DirectLineChannel
    from shared.channels.teams.channel import TeamsChannel
    from shared.channels.whatsapp.channel import WhatsAppChannel
    from shared.governance.limits.spending import Spending
    from shared.governance.prices import Prices
    from shared.identity.credential import ManagedIdentities
    from shared.identity.directory import Directory
    from shared.identity.on_behalf import OnBehalf
    from shared.identity.operator_token import GroupsOf, OperatorTokens
    from shared.identity.secrets import Secrets
    from shared.identity.sign_in import SignIn
    from shared.identity.token_service import TokenService
    from shared.identity.user_tokens import UserTokens
    from shared.integrations.gateway import Gateway
    from shared.knowledge.access import Reader
    from shared.knowledge.articles import KnowledgeBase
    from shared.knowledge.embedding import Embedder
    from shared.knowledge.indexed import Indexed
    from shared.knowledge.knowledge import Knowledge
    from shared.media.attachment import Attachment
    from shared.media.files import Files
    from shared.messaging.claim_check import ClaimCheck

CHANNELS = ("teams", "whatsapp", "web")


class Fabric:
    """Everything that a function needs, for one process.

    Bots and backends are read and checked at once, so that a wrong manifest stops the start;
    connections are made when they are first used, so that a cold webhook meets no SDK. `manifests`
    are further versions of bots, by bot and version.
    """

    def __init__(
        self,
        settings: Settings,
        skills: Mapping[str, Skill],
        versions: Mapping[str, Mapping[str, Skill]] | None = None,
    ) -> None:
        self.settings = settings
        self.skills = skills
        self.versions = versions or {}
        adapters.check(settings)
        self._declared = load_backends(
            settings.backends_file, settings.environ, local=settings.local
        )
        self.webhooks = load_webhooks(
            settings.webhooks_file, settings.environ, local=settings.local
        )
        self.bots: dict[str, Bot] = load_bots(
            settings.bots_dir, settings.environ, local=settings.local, skills=skills
        )
        self.manifests = load_bot_versions(
            settings.bots_dir, settings.environ, local=settings.local, skills=skills
        )
        surroundings.check_settings(settings, self._declared)
        self.http = HttpClient()
        further = (bot for versions in self.manifests.values() for bot in versions.values())
        for bot in (*self.bots.values(), *further):
            surroundings.check_bot(bot, settings, self._declared, lambda: self.models)
        self.departments = load_departments(settings.departments_file, settings.environ)
        self.bots, self.elsewhere = residency.divided(self.bots, self.departments, settings.region)
        self.callers = Callers(load_callers(settings.access_file, settings.environ))
        self.access = Access(
            load_access(settings.access_file, settings.environ), laptop=settings.local
        )
        self.breaches = _breaches(settings)
        self.paused: frozenset[str] = frozenset()
        if not settings.local:
            self.paused = frozenset(f.breach.bot for f in self.breaches if f.breach.enforced)
        self.ledger = Ledger()
        self.admission = Admission()
        self.bulkheads = Bulkheads()
        self.last_sent = LastSent()
        self.fresh = Fresh()

    @cached_property
    def store(self) -> Store:
        return RetainedStore(adapters.store(self.settings, self._identity), self.bots)

    @cached_property
    def audit(self) -> Trail:
        """Where it is put on record who did or read what."""
        return Trail(self.store)

    @cached_property
    def bus(self) -> Bus:
        return adapters.bus(self.settings, self._identity, lambda: self.claims)

    @cached_property
    def topic(self) -> Topic:
        return adapters.topic(self.settings, self._identity, lambda: self.bus)

    @cached_property
    def models(self) -> Models:
        """The chat models that bots name by alias."""
        return adapters.models(
            *(self.settings, self._identity, self.secrets),
            lambda: self.gateway.headers if self.gateway else None,
        )

    @cached_property
    def safety(self) -> ContentSafety:
        """Who judges what people and models say."""
        return adapters.safety(self.settings, self.http, self._identity, self.secrets)

    @cached_property
    def senses(self) -> Senses:
        """What listens, translates and reads scans, where it is configured."""
        given = self.settings, self._identity, self.secrets
        return Senses(adapters.speech(*given), adapters.translator(*given), adapters.scans(*given))

    def senses_for(self, bot: Bot) -> Senses:
        """The same for one bot: held to its limits of money, each call written down."""
        from shared.governance.governed_senses import Account, governed

        department = self.departments.get(bot.department)
        account = Account.of(bot, department, lambda: self.spending, lambda: self.prices)
        return governed(self.senses, account)

    @cached_property
    def blobs(self) -> Blobs:
        return adapters.blobs(self.settings, self._identity)

    @cached_property
    def files(self) -> "Files":
        """The files of conversations, and the addresses that open them."""
        from shared.media.files import Files

        return Files(self.store, lambda: self.blobs, self.settings.public_url)

    @cached_property
    def claims(self) -> "ClaimCheck":
        """Where bodies go that are too large for a message of the bus."""
        from shared.messaging.claim_check import ClaimCheck

        return ClaimCheck(self.blobs)

    @cached_property
    def credential(self) -> "AsyncTokenCredential":
        """Who this app is towards Azure, one for all services."""
        from shared.identity.credential import credential

        return credential(local=self.settings.local, client_id=self.settings.client_id)

    def _identity(self) -> "AsyncTokenCredential":
        return self.credential

    @cached_property
    def identities(self) -> "ManagedIdentities":
        """The managed identities that bots have of their own."""
        from shared.identity.credential import ManagedIdentities

        return ManagedIdentities()

    @cached_property
    def operators(self) -> "OperatorTokens":
        """Who may sign in to operate: whom Entra, or on a laptop its stand-in, vouches for."""
        from shared.identity.key_file import KeyFile
        from shared.identity.openid_keys import OpenIdKeys
        from shared.identity.operator_token import OperatorTokens

        settings = self.settings
        url = settings.operator_openid_url
        keys = (
            OpenIdKeys(url, self.http, local=settings.local)
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

        return MemberGroups(self.directory, self.http, self.settings.graph_url).of

    @cached_property
    def sign_in(self) -> "SignIn":
        """How people sign in with the organisation's directory."""
        from shared.identity.sign_in import SignIn

        return SignIn(self.settings, self.http, self.directory, self.on_behalf)

    @cached_property
    def directory(self) -> "Directory":
        """The organisation's directory, where people sign in."""
        from shared.identity.directory import Directory

        return Directory(self.settings, self.http, self.secrets)

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

        return TokenService(self.settings.teams_token_service_url, self.http, self.teams.tokens)

    @cached_property
    def secrets(self) -> "Secrets":
        """What settings and manifests name by its place in a Key Vault."""
        from shared.identity.secrets import Secrets

        return Secrets(self.http, self._identity, local=self.settings.local)

    @cached_property
    def encoder(self) -> "Encoder | None":
        """What knows texts by their meaning; None where it is switched off."""
        if self.settings.embeddings == "off":
            return None
        from shared.ai.encoder import Encoder

        return Encoder(self.settings.data_dir / "encoder")

    @cached_property
    def knowledge(self) -> "KnowledgeBase":
        from shared.knowledge.articles import KnowledgeBase

        return KnowledgeBase(self.settings.knowledge_dir, self.encoder)

    @cached_property
    def indexed(self) -> "Indexed | None":
        """The articles in an index; None where they are searched in memory."""
        if not self.settings.index_url:
            return None
        from shared.knowledge.articles import KnowledgeBase
        from shared.knowledge.indexed import Indexed

        index = adapters.index(self.settings, self.http, self._identity, self.secrets)
        folder = KnowledgeBase(self.settings.knowledge_dir)
        return Indexed(index, folder, trusts_folder=self.settings.local)

    def knowledge_for(
        self, bot: Bot, reader: "Reader | None" = None, person: str = ""
    ) -> "Knowledge":
        """What a bot may tell a reader; `person` is a digest of who is charged with questions."""
        if not bot.knowledge or self.indexed is None:
            return self.knowledge.for_bot(bot, reader)
        return self.indexed.for_bot(bot, reader, self.embedder(bot, person))

    def embedder(self, bot: Bot, person: str = "") -> "Embedder | None":
        """What makes vectors for the index: a model where there is one for it, else the encoder."""
        from shared.knowledge.embedding import ModelEmbedder, OfflineEmbedder

        if name := self.models.embedder:
            return ModelEmbedder(name, self._governed(bot, person))
        return OfflineEmbedder(self.encoder) if self.encoder else None

    @cached_property
    def backends(self) -> Mapping[str, Backend]:
        """The systems that skills call, each one for all bots."""
        from shared.integrations.connect import connect

        return connect(self._declared, self._identity, self.gateway, lambda: self.store)

    @cached_property
    def gateway(self) -> "Gateway | None":
        """API Management in front of backends and models; None where there is none."""
        settings = self.settings
        if not settings.gateway_url:
            return None
        from shared.integrations.gateway import Gateway

        return Gateway(
            settings.gateway_url,
            settings.gateway_key,
            settings.gateway_scope,
            self.secrets.get,
            self._identity,
        )

    def backends_for(self, bot: Bot, witness: Witness) -> Mapping[str, Backend]:
        """The systems as a bot may call them, each call taken down."""
        guarded = {name: frozenset(d.guarded) for name, d in self._declared.items()}
        return granted(bot, self.backends, guarded, witness, local=self.settings.local)

    def delegated_scope(self, backend: str) -> str:
        """What a person's token for a backend is asked for. Raises NotConnected."""
        declared = self._declared.get(backend)
        if declared is None or declared.auth != "user":
            raise NotConnected(backend)
        return declared.scope

    @cached_property
    def prices(self) -> "Prices":
        """What things cost, for reports and budgets."""
        from shared.manifest.prices import load_prices

        return load_prices(self.settings.prices_file)

    @cached_property
    def rollouts(self) -> Rollouts:
        return Rollouts(self.store)

    @cached_property
    def trials(self) -> Trials:
        return Trials(self.store)

    @cached_property
    def switches(self) -> Switches:
        started = time()
        return Switches(self.store, {("bot", id): started for id in self.paused})

    @cached_property
    def spending(self) -> "Spending":
        from shared.governance.limits.spending import Spending, alert

        return Spending(self.store, lambda limit, share: self.topic.publish(alert(limit, share)))

    def assistant(self, bot: Bot, person: str = "") -> "Assistant":
        """What the bot's skills ask of AI; `person` is a digest of whom it talks with."""
        from shared.ai.assistant import Assistant

        return Assistant(
            self._model(bot, person),
            instructions=bot.instructions,
            links=bot.safety.links,
            encoder=self.encoder,
        )

    def _model(self, bot: Bot, person: str) -> ChatModel:
        """What the bot's alias names, and between them what the bot declares."""
        model = self._governed(bot, person)
        if model.structured:
            from shared.ai.safety.guarded import Guarded

            model = Guarded(model, bot.safety, lambda: self.safety)
        if bot.safety.personal_data == "redact":
            from shared.ai.redacting import Redacting

            return Redacting(model)
        return model

    def _governed(self, bot: Bot, person: str) -> ChatModel:
        """The bot's model, held to its limits where it has any and a call costs anything."""
        if self.settings.ai_url.startswith("offline:"):
            return self.models.named(bot.model)
        from shared.governance.governed_model import governed

        department = self.departments.get(bot.department)
        return governed(
            *(bot, department, self.models, person),
            spending=lambda: self.spending,
            prices=lambda: self.prices,
        )

    def channel(self, name: str) -> Channel:
        """The adapter called `teams`, `whatsapp` or `web`."""
        match name:
            case "teams":
                return self.teams
            case "whatsapp":
                return self.whatsapp
            case "web":
                return self.web
        raise ValueError(f"no channel {name!r}; there are {', '.join(CHANNELS)}")

    @cached_property
    def teams(self) -> "TeamsChannel":
        from shared.channels.teams.channel import TeamsChannel

        return TeamsChannel(
            self.bots,
            self.settings,
            self.http,
            secrets=self.secrets,
            identities=self.identities,
            files=lambda: self.files,
        )

    @cached_property
    def whatsapp(self) -> "WhatsAppChannel":
        from shared.channels.whatsapp.channel import WhatsAppChannel

        return WhatsAppChannel(
            self.bots, self.settings, self.http, secrets=self.secrets, files=lambda: self.files
        )

    @cached_property
    def web(self) -> "DirectLineChannel":
        from shared.channels.directline.channel import DirectLineChannel

        streams = adapters.streams(self.settings, self.http, self._identity)
        return DirectLineChannel(
            self.bots, self.store, self.settings, streams=streams, files=lambda: self.files
        )

    async def locate(
        self, reference: ConversationReference, attachment: "Attachment"
    ) -> "bytes | None":
        """A file that somebody sent there, as it is kept here from the first look on.

        None where it is nowhere to be fetched from. Raises Unread, Unavailable.
        """
        from shared.channels.place import place_of
        from shared.media.incoming import received

        bot = self.bots.get(reference.bot)
        days = (bot.retention if bot else Retention()).file_days
        find = partial(place_of, reference, attachment, self.settings, self.http, self.secrets)
        return await received(self.files, reference, attachment, find, days=days)

    async def close(self) -> None:
        """Close what was opened, and nothing else."""
        if spending := self.__dict__.get("spending"):
            await spending.booked()
        names = ("topic", "bus", "blobs", "store", "models", "safety", "identities", "credential")
        for name in names:
            if port := self.__dict__.get(name):
                await port.close()
        if indexed := self.__dict__.get("indexed"):
            await indexed.index.close()
        senses = self.__dict__.get("senses", Senses())
        for sense in (senses.speech, senses.translator, senses.scans):
            if sense:
                await sense.close()
        for backend in self.__dict__.get("backends", {}).values():
            await backend.close()
        await self.http.close()


def _breaches(settings: Settings) -> list[Finding]:
    """Measure the manifests by the organisation's policy, as of today."""
    policy = load_policy(settings.policy_file)
    return list(findings(policy, settings.bots_dir, datetime.now(UTC).date()))
