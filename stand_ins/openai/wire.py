"""The JSON that OpenAI's protocol frames an answer in."""

from array import array
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from shared.ports.models import Completion, Usage

Json = dict[str, Any]


def frame(model: str, kind: str, choices: Sequence[Any], **more: Any) -> Json:
    head = {"id": "chatcmpl-1", "object": kind, "created": 1, "model": f"{model}-2026"}
    return {**head, "choices": choices, **more}


def usage(tokens: Usage) -> Json:
    return {
        "prompt_tokens": tokens.input_tokens,
        "completion_tokens": tokens.output_tokens,
        "total_tokens": tokens.input_tokens + tokens.output_tokens,
        "prompt_tokens_details": {"cached_tokens": tokens.input_tokens // 2},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def message(completion: Completion) -> Json:
    """What the assistant says, and the tools that it calls."""
    said: Json = {"role": "assistant", "content": completion.text or None}
    if completion.tool_calls:
        said["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in completion.tool_calls
        ]
    return said


def embeddings(body: Mapping[str, Any], vectors: Sequence[Sequence[float]], tokens: int) -> Json:
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": b64encode(array("f", vector).tobytes()).decode(),
        }
        for index, vector in enumerate(vectors)
    ]
    counted = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": body["model"], "data": data, "usage": counted}
