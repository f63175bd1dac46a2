"""What every channel promises: three checks, each by its name."""

import re
from collections.abc import AsyncIterator

from conformance.promise import Promise, tried
from shared.activity import Activity
from shared.errors import Rejected
from shared.ports.channel import Channel, Request

LONG_TEXT = "\n\n".join(f"Paragraph {number}: " + "words and more " * 40 for number in range(40))

ODD_BODIES = (
    *(b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"type":"message"}', b'{"entry":[{}]}'),
    *(b'{"a":' * 5000, b'{"type":"message","text":"' + b"a" * 300_000 + b'"}'),
)


async def verify_channel(name: str, channel: Channel, bot: str) -> list[Promise]:
    """Run every check of a channel, on which `bot` is."""

    async def refuses() -> AsyncIterator[str]:
        """A request that is not what it says is refused, and never ends in a 5xx."""
        for body in ODD_BODIES:
            for headers in ({}, {"authorization": "Bearer no.such.token"}):
                request = Request("POST", {"bot": bot}, {}, headers, body)
                try:
                    received = await channel.receive(request)
                except Rejected as refusal:
                    if refusal.status >= 500 and refusal.status != 503:
                        yield f"{body[:30]!r}: answered {refusal.status}"
                except Exception as error:  # what it is, is the finding
                    yield f"{body[:30]!r}: {type(error).__name__}; raise Rejected"
                else:
                    if received.activities:
                        yield f"{body[:30]!r}: taken for an activity"

    async def splits() -> AsyncIterator[str]:
        """A long text loses nothing on the way."""
        parts = channel.split(Activity(type="message", text=LONG_TEXT))
        if _words("".join(part.text for part in parts)) != _words(LONG_TEXT):
            yield f"a text of {len(LONG_TEXT)} characters is not whole in {len(parts)} messages"

    async def paces() -> AsyncIterator[str]:
        """Its limits can be kept: so many messages in so many seconds."""
        if channel.typing_after < 0:
            yield "typing_after is below 0"
        for count, seconds in channel.limits:
            if count < 1 or seconds <= 0:
                yield f"limit ({count}, {seconds}): nothing could ever be sent"

    return await tried(
        f"channel {name}",
        [("refuses", refuses), ("splits-whole", splits), ("paces", paces)],
    )


def _words(text: str) -> str:
    return re.sub(r"\s+", "", text)
