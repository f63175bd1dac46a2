"""AI as one service for all bots: models, what judges and hears, and what bots know."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from shared import adapters
from shared.bot import Bot
from shared.clients.http import HttpClient
from shared.governance.department import Department
from shared.ports.models import ChatModel, Models
from shared.ports.safety import ContentSafety
from shared.ports.senses import Senses
from shared.settings import Settings

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from shared.ai.assistant import Assistant
    from shared.ai.encoder import Encoder
    from shared.governance.limits.spending import Spending
    from shared.governance.prices import Prices
    from shared.identity.secrets import Secrets
    from shared.integrations.gateway import Gateway
    from shared.knowledge.access import Reader
    from shared.knowledge.articles import KnowledgeBase
    from shared.knowledge.embedding import Embedder
    from shared.knowledge.indexed import Indexed
    from shared.knowledge.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Purse:
    """What a bot's calls are paid from, each on first use."""

    departments: Mapping[str, Department]
    spending: Callable[[], "Spending"]
    prices: Callable[[], "Prices"]


class AiServices:
    """What skills ask of AI, and what answers, each connected on first use."""

    def __init__(
        self,
        settings: Settings,
        http: HttpClient,
        *,
        secrets: Callable[[], "Secrets"],
        credential: Callable[[], "AsyncTokenCredential"],
        gateway: Callable[[], "Gateway | None"],
        purse: Purse,
    ) -> None:
        self._settings = settings
        self._http = http
        self._secrets = secrets
        self._credential = credential
        self._gateway = gateway
        self._purse = purse

    @cached_property
    def models(self) -> Models:
        """The chat models that bots name by alias."""
        return adapters.models(*(self._settings, self._credential, self._secrets()), self._headers)

    @cached_property
    def safety(self) -> ContentSafety:
        """Who judges what people and models say."""
        return adapters.safety(self._settings, self._http, self._credential, self._secrets())

    @cached_property
    def senses(self) -> Senses:
        """What listens, translates and reads scans, where it is configured."""
        given = self._settings, self._credential, self._secrets()
        return Senses(adapters.speech(*given), adapters.translator(*given), adapters.scans(*given))

    def senses_for(self, bot: Bot) -> Senses:
        """The same for one bot: held to its limits of money, each call written down."""
        from shared.governance.governed_senses import Account, governed

        department = self._purse.departments.get(bot.department)
        account = Account.of(bot, department, self._purse.spending, self._purse.prices)
        return governed(self.senses, account)

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
        if self._settings.ai_url.startswith("offline:"):
            return self.models.named(bot.model)
        from shared.governance.governed_model import governed

        department = self._purse.departments.get(bot.department)
        return governed(
            *(bot, department, self.models, person),
            spending=self._purse.spending,
            prices=self._purse.prices,
        )

    @cached_property
    def encoder(self) -> "Encoder | None":
        """What knows texts by their meaning; None where it is switched off."""
        if self._settings.embeddings == "off":
            return None
        from shared.ai.encoder import Encoder

        return Encoder(self._settings.data_dir / "encoder")

    @cached_property
    def knowledge(self) -> "KnowledgeBase":
        from shared.knowledge.articles import KnowledgeBase

        return KnowledgeBase(self._settings.knowledge_dir, self.encoder)

    @cached_property
    def indexed(self) -> "Indexed | None":
        """The articles in an index; None where they are searched in memory."""
        if not self._settings.index_url:
            return None
        from shared.knowledge.articles import KnowledgeBase
        from shared.knowledge.indexed import Indexed

        index = adapters.index(self._settings, self._http, self._credential, self._secrets())
        folder = KnowledgeBase(self._settings.knowledge_dir)
        return Indexed(index, folder, trusts_folder=self._settings.local)

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

    def _headers(self) -> "Callable[[], Awaitable[dict[str, str]]] | None":
        gateway = self._gateway()
        return gateway.headers if gateway else None

    async def close(self) -> None:
        """Close what was opened, and nothing else."""
        opened = self.__dict__
        senses = opened.get("senses", Senses())
        indexed = opened.get("indexed")
        index = indexed.index if indexed else None
        parts = (opened.get("models"), opened.get("safety"), index)
        for part in (*parts, senses.speech, senses.translator, senses.scans):
            if part:
                await part.close()
