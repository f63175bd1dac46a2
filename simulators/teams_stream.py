"""Streamed messages, as Teams takes them.

Source: msteams-docs, "Stream bot messages" (rules and response codes).
"""

from dataclasses import dataclass
from typing import Any

PER_REQUEST = 1.0
"""Seconds between two requests of a stream."""

LONGEST = 120.0
"""Seconds from the first request to the final one."""

Answer = tuple[int, dict[str, Any]]


@dataclass
class _Stream:
    began: float
    last: float
    sequence: int
    over: str = ""


def stream_of(activity: dict[str, Any]) -> dict[str, Any] | None:
    """The `streaminfo` entity of an activity; older clients say it in `channelData`."""
    entities = activity.get("entities")
    for entity in entities if isinstance(entities, list) else ():
        if isinstance(entity, dict) and entity.get("type") == "streaminfo":
            return entity
    data = activity.get("channelData")
    return data if isinstance(data, dict) and "streamType" in data else None


class Streams:
    """The streams of all conversations, by id."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}

    def stop(self) -> None:
        """The person presses Stop: every stream that runs is over."""
        for stream in self._streams.values():
            stream.over = stream.over or "Content stream was canceled by user."

    def take(
        self, activity: dict[str, Any], info: dict[str, Any], *, new_id: str, now: float, chat: bool
    ) -> Answer:
        """The answer to one request of a stream; `chat` when the conversation is one to one."""
        if not chat:
            return _not_allowed("Content stream is not allowed")
        kind, sequence = info.get("streamType"), info.get("streamSequence")
        final = kind == "final" and activity.get("type") == "message"
        if not final and (kind not in ("informative", "streaming") or not _text(activity)):
            return 400, _error("BadRequest", "Start streaming activities should include text")
        if not final and not isinstance(sequence, int):
            return 400, _error("BadRequest", "Streaming activities need a streamSequence")
        id = info.get("streamId")
        if id is None and not final:
            self._streams[new_id] = _Stream(now, now, int(sequence or 1))
            return 201, {"id": new_id}
        stream = self._streams.get(str(id))
        if stream is None:
            return 400, _error("BadRequest", "There is no such stream")
        return self._more(stream, str(id), None if final else int(sequence or 0), now)

    def _more(self, stream: _Stream, id: str, sequence: int | None, now: float) -> Answer:
        if stream.over:
            return _not_allowed(stream.over)
        if now - stream.began > LONGEST:
            return _not_allowed("Content stream finished due to exceeded streaming time.")
        if sequence is None:
            stream.over = "Content stream is not allowed on an already completed streamed message"
            return 202, {}
        if now - stream.last < PER_REQUEST:
            return 429, _error("Throttled", "API calls quota exceeded")
        if sequence <= stream.sequence:
            message = "PreCondition failed exception when processing streaming activity."
            return 202, _error("ContentStreamSequenceOrderPreConditionFailed", message)
        stream.sequence, stream.last = sequence, now
        return 202, {}


def _text(activity: dict[str, Any]) -> bool:
    return isinstance(activity.get("text"), str) and bool(activity["text"])


def _not_allowed(message: str) -> Answer:
    return 403, _error("ContentStreamNotAllowed", message)


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
