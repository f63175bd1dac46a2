"""The vectors of a passage's parts, packed into text: a byte a dimension, in any index.

The first ones are of its questions and headline, whose nearness counts whole; the others are of
its sentences. Every vector has length one, so a byte's scale need not be kept.
"""

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from shared.knowledge.views import SENTENCE

if TYPE_CHECKING:
    import numpy as np

    Matrix = np.ndarray[Any, np.dtype[np.float32]]

STEPS = 127
"""What the largest number of a vector becomes."""


def pack(vectors: "Matrix", whole: int) -> str:
    """`whole` is how many of them count whole; the first ones."""
    import numpy as np

    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9)
    rounded = np.rint(vectors * (STEPS / largest)).astype(np.int8)
    return f"{whole}:{len(vectors)}:{b64encode(rounded.tobytes()).decode()}"


def nearness(packed: str, vector: "Matrix") -> float:
    """How near the nearest part is, from -1 to 1; -1 for parts of another model."""
    import numpy as np

    whole, count, data = packed.split(":")
    parts = np.frombuffer(b64decode(data), np.int8).astype(np.float32)
    if parts.size != int(count) * len(vector):
        return -1.0
    parts = parts.reshape(int(count), -1)
    near = parts @ vector / np.maximum(np.linalg.norm(parts, axis=1), 1e-9)
    near[int(whole) :] *= SENTENCE
    return float(near.max())


def centre(vectors: "Matrix") -> list[float]:
    """The unit vector in the middle of several."""
    import numpy as np

    mean = np.mean(vectors, axis=0)
    return [float(x) for x in mean / max(float(np.linalg.norm(mean)), 1e-9)]
