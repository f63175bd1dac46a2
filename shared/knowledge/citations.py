"""Sources as clients show them."""

from collections.abc import Sequence
from typing import Any

from shared.ports.knowledge import Passage


def entity(passages: Sequence[Passage]) -> dict[str, Any]:
    """The root `https://schema.org/Message` entity that Teams renders as sources.

    Shape and limits (10 sources, name 80, abstract 160): learn.microsoft.com, "bot messages
    with AI-generated content".
    """
    return {
        "type": "https://schema.org/Message",
        "@type": "Message",
        "@context": "https://schema.org",
        "additionalType": ["AIGeneratedContent"],
        "citation": [
            {
                "@type": "Claim",
                "position": position,
                "appearance": {
                    "@type": "DigitalDocument",
                    "name": passage.title[:80],
                    "abstract": passage.text[:160],
                    **({"url": passage.url} if passage.url else {}),
                },
            }
            for position, passage in enumerate(passages[:10], start=1)
        ],
    }
