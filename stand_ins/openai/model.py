"""What the stand-in says: the offline model's words, tools on demand, and JSON by a schema."""

import json
import re
from collections.abc import Mapping
from typing import Any

from shared.ai.ranking import Choice, Ranker

PIECE = re.compile(r"\s*\S+\s*$|\s*\S+")
"""A token, as far as the stand-in counts them."""


CALL = re.compile(r"call (\w+) (\{[^{}]*\})")


def wanted_calls(messages: list[Any]) -> list[tuple[str, str]]:
    """The calls that some text asks for and that were not made yet, each once."""
    made = {
        (call["function"]["name"], call["function"]["arguments"])
        for message in messages
        for call in message.get("tool_calls") or ()
    }
    texts = (str(message.get("content") or "") for message in messages)
    found = dict.fromkeys(call for text in texts for call in CALL.findall(text))
    return [call for call in found if call not in made]


def structured(shape: Mapping[str, Any], messages: list[Any]) -> str:
    """The ranking of choices as the offline way sees it, or the schema filled by the text."""
    said = next(m["content"] for m in messages if m["role"] == "user")
    if shape["name"] != "ranking":
        return json.dumps(filled(shape["schema"], shape["schema"].get("$defs", {}), said))
    system = next(m["content"] for m in messages if "Choices, in JSON:" in str(m["content"]))
    listed = json.loads(system[system.index("\n[") :])
    choices = [
        Choice(c["name"], c["description"], tuple(c["capabilities"]), tuple(c["examples"]))
        for c in listed
    ]
    ranked = Ranker(choices).rank(said)
    return json.dumps({"ranking": [{"name": r.name, "confidence": r.score} for r in ranked]})


def filled(schema: Mapping[str, Any], defs: Mapping[str, Any], said: str) -> Any:
    if "$ref" in schema:
        return filled(defs[schema["$ref"].rsplit("/", 1)[-1]], defs, said)
    if "anyOf" in schema:
        texts = [one for one in schema["anyOf"] if one.get("type") == "string"]
        plain = [one for one in texts if "enum" not in one]
        return filled(plain[0], defs, said) if plain else None
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {name: filled(inner, defs, said) for name, inner in properties.items()}
        case "string":
            return said
        case "integer" | "number":
            return int((re.findall(r"\d+", said) or ["0"])[0])
        case "boolean":
            return False
        case "array":
            return []
    return None
