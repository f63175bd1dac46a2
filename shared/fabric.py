"""The composition root: settings in, connected ports out, each on first use."""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from time import time
from typing import TYPE_CHECKING

from shared import adapters, surroundings
from shared.activity import ConversationReference
from shared.bot import Bot, Retention
from shared.clients.http import HttpClient
from shared.governance import residency
from shared.governance.access import Access
from shared.governance.backends import Witness, granted
from shared.governance.callers import Callers
from shared.governance.limits.admission import Admission
from shared.governance.limits.bulkhead import Bulkheads
from shared.governance.limits.switches import Switches
from shared.governance.retention import RetainedStore
from shared.manifest.access import load_access
from shared.manifest.backends import load_backends
from shared.manifest.bot_versions import load_bot_versions
from shared.manifest.bots import load_bots
from shared.manifest.callers import load_callers
from shared.manifest.departments import load_departments
from shared.manifest.measured import Measured
from shared.manifest.policy import Finding
from shared.manifest.webhooks import load_webhooks
from shared.ports.backend import Backend, NotConnected
from shared.ports.bus import Bus, Topic
from shared.ports.channel import Channel
from shared.ports.store import Blobs, Store
from shared.records.fresh import Fresh
from shared.records.last_sent import LastSent
from shared.settings import Settings
from shared.skill import Skill

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.ai_services import AiServices
    from shared.channels.directline.channel import DirectLineChannel
    from shared.channels.teams.channel import TeamsChannel
    from shared.channels.whatsapp.channel import WhatsAppChannel
    from shared.governance.audit import Trail
    from shared.governance.ledger import Ledger
    from shared.governance.limits.rollouts import Rollouts
    from shared.governance.limits.spending import Spending
    from shared.governance.limits.trials import Trials
    from shared.governance.prices import Prices
    from shared.identity.credential import ManagedIdentities
    from shared.identity.people import People
    from shared.identity.secrets import Secrets
    from shared.integrations.gateway import Gateway
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
        self.departments = load_departments(settings.departments_file, settings.environ)
        further = (bot for versions in self.manifests.values() for bot in versions.values())
        for bot in (*self.bots.values(), *further):
            surroundings.check_bot(bot, settings, self._declared, lambda: self.ai.models)
        self.bots, self.elsewhere = residency.divided(self.bots, self.departments, settings.region)
        self.callers = Callers(load_callers(settings.access_file, settings.environ))
        self.access = Access(
            load_access(settings.access_file, settings.environ), laptop=settings.local
        )
        self.measured = Measured(settings.policy_file, settings.bots_dir)
        self.bus_system = settings.bus_url.partition(":")[0]
        scheme = settings.events_url.partition(":")[0]
        self.topic_system = self.bus_system if scheme == "bus" else scheme
        self.admission = Admission()
        self.bulkheads = Bulkheads()
        self.last_sent = LastSent()
        self.fresh = Fresh()

    @property
    def breaches(self) -> Sequence[Finding]:
        """What in the manifests breaks the organisation's policy, as of today."""
        return self.measured.findings()

    @property
    def paused(self) -> frozenset[str]:
        """The bots that may not answer because of that; none on a laptop."""
        enforced = () if self.settings.local else self.breaches
        return frozenset(f.breach.bot for f in enforced if f.breach.enforced)

    @cached_property
    def store(self) -> Store:
        return RetainedStore(adapters.store(self.settings, self._identity), self.bots)

    @cached_property
    def audit(self) -> "Trail":
        """Where it is put on record who did or read what."""
        from shared.governance.audit import Trail

        return Trail(self.store)

    @cached_property
    def ledger(self) -> "Ledger":
        """What turns used, on its way to the store."""
        from shared.governance.ledger import Ledger

        return Ledger()

    @cached_property
    def bus(self) -> Bus:
        return adapters.bus(self.settings, self._identity, lambda: self.claims)

    @cached_property
    def topic(self) -> Topic:
        return adapters.topic(self.settings, self._identity, lambda: self.bus)

    @cached_property
    def ai(self) -> "AiServices":
        """Models, what judges and hears, and what bots know."""
        from shared.ai_services import AiServices, Purse

        return AiServices(
            self.settings,
            self.http,
            secrets=lambda: self.secrets,
            credential=self._identity,
            gateway=lambda: self.gateway,
            purse=Purse(self.departments, lambda: self.spending, lambda: self.prices),
        )

    @cached_property
    def blobs(self) -> Blobs:
        return adapters.blobs(self.settings, self._identity)

    @cached_property
    def warehouse(self) -> Blobs:
        """Where the daily figures go, a file a day."""
        return adapters.warehouse(self.settings, self._identity)

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
    def people(self) -> "People":
        """How people are known, who write or operate."""
        from shared.identity.people import People

        return People(self.settings, self.http, lambda: self.secrets, lambda: self.teams.tokens)

    @cached_property
    def secrets(self) -> "Secrets":
        """What settings and manifests name by its place in a Key Vault."""
        from shared.identity.secrets import Secrets

        return Secrets(self.http, self._identity, local=self.settings.local)

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
    def rollouts(self) -> "Rollouts":
        from shared.governance.limits.rollouts import Rollouts

        return Rollouts(self.store)

    @cached_property
    def trials(self) -> "Trials":
        from shared.governance.limits.trials import Trials

        return Trials(self.store)

    @cached_property
    def switches(self) -> Switches:
        started = time()
        return Switches(self.store, lambda: {("bot", id): started for id in self.paused})

    @cached_property
    def spending(self) -> "Spending":
        from shared.governance.limits.limit import alert
        from shared.governance.limits.spending import Spending

        return Spending(self.store, lambda limit, share: self.topic.publish(alert(limit, share)))

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
        names = ("topic", "bus", "blobs", "warehouse", "store", "ai", "identities", "credential")
        for name in names:
            if part := self.__dict__.get(name):
                await part.close()
        for backend in self.__dict__.get("backends", {}).values():
            await backend.close()
        await self.http.close()
