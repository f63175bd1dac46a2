"""Who turns texts into vectors for an index: the offline encoder, or a model behind an alias."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from shared.errors import OverBudget, PermanentError, Refused, Unavailable
from shared.observability import log
from shared.ports.models import ChatModel

if TYPE_CHECKING:
    import numpy as np

    from shared.ai.encoder import Encoder

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

FAILURES = (Unavailable, OverBudget, PermanentError, Refused)
"""What leaves a text without a vector: words then decide."""


class Embedder(Protocol):
    """`model` names whose vectors they are: an index takes those of one model alone."""

    model: str

    async def question(self, text: str) -> "Matrix | None":
        """The unit vector of a question; None while there is none to be had."""
        ...

    async def passages(self, texts: Sequence[str]) -> "Matrix":
        """The unit vectors of many texts, one a row. Raises Unavailable."""
        ...

    def is_common(self, word: str) -> bool:
        """Whether it knows a word, which then is no typing error."""
        ...


class OfflineEmbedder:
    """The sentence encoder of this process."""

    def __init__(self, encoder: "Encoder") -> None:
        self.model = encoder.name
        self._encoder = encoder

    async def question(self, text: str) -> "Matrix | None":
        return await self._encoder.vector(text)

    async def passages(self, texts: Sequence[str]) -> "Matrix":
        if (vectors := await self._encoder.encoded(texts)) is None:
            raise Unavailable(f"the encoder is {await self._encoder.check() or 'not loaded'}")
        return vectors

    def is_common(self, word: str) -> bool:
        return self._encoder.is_common(word)


class ModelEmbedder:
    """A deployment for embeddings; `model` as prices name it."""

    def __init__(self, name: str, model: ChatModel) -> None:
        self.model = name
        self._model = model

    async def question(self, text: str) -> "Matrix | None":
        try:
            vectors = await self.passages([text])
        except FAILURES as error:
            log.warning("index.words", reason=type(error).__name__)
            return None
        vector: Matrix = vectors[0]
        return vector

    async def passages(self, texts: Sequence[str]) -> "Matrix":
        import numpy as np

        found = np.array(await self._model.embed(texts), np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        unit: Matrix = found / np.maximum(lengths, 1e-9)
        return unit

    def is_common(self, word: str) -> bool:
        """It reads over typing errors by itself."""
        return True
