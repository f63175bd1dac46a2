"""Translator of `azure-translator://<resource-host>`: Azure AI Translator, text translation 3.0.

Source: learn.microsoft.com, "Translator 3.0: Translate", and its list of error codes. The host is
the resource's own, `<name>.cognitiveservices.azure.com`: it takes a token without a region.
"""

from typing import Any

from shared.azure_ai.resource import Resource, Service, code_of
from shared.errors import PermanentError, Unavailable
from shared.ports.translator import Puzzled, Translation, Untranslated

VERSION = "3.0"
MAX_CHARACTERS = 50_000
"""What one request takes."""

SERVICE = Service(
    "translator",
    "FABRIC_TRANSLATOR_URL",
    "FABRIC_TRANSLATOR_KEY",
    "Cognitive Services User",
    seconds=10.0,
)
_PATH = f"/translator/text/v{VERSION}/translate?api-version={VERSION}"
_TOO_LONG = frozenset({"400050", "400077"})
_LANGUAGES = frozenset({"400018", "400019", "400023", "400035", "400036"})


class AzureTranslator:
    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    async def translate(self, text: str, to: str) -> Translation:
        if len(text) > MAX_CHARACTERS:
            raise Untranslated(Puzzled.TOO_LONG, f"over {MAX_CHARACTERS:,} characters")
        if not to.replace("-", "").isalnum() or not to.isascii():
            raise Untranslated(Puzzled.LANGUAGE, "no tag of a language")
        body = [{"Text": text}]
        answer = await self._resource.request("POST", f"{_PATH}&to={to}", json=body)
        if answer.status != 200:
            code = code_of(answer)
            detail = f"translator answers {answer.status} {code}".strip()
            if code in _LANGUAGES:
                raise Untranslated(Puzzled.LANGUAGE, detail)
            if code in _TOO_LONG or answer.status == 413:
                raise Untranslated(Puzzled.TOO_LONG, detail)
            raise PermanentError("translator_request", detail)
        billed = answer.headers.get("x-metered-usage", "")
        return _translation(answer.json(), int(billed) if billed.isdecimal() else len(text))

    async def check(self) -> str:
        """Nothing to translate is refused, and costs nothing."""
        return await self._resource.check("POST", f"{_PATH}&to=en", json=[])

    async def close(self) -> None:
        await self._resource.close()


def _translation(answer: Any, characters: int) -> Translation:
    """Raises Unavailable for none."""
    try:
        [one] = answer
        found, [made] = one["detectedLanguage"], one["translations"]
        language, score, text = str(found["language"]), float(found["score"]), str(made["text"])
    except (TypeError, KeyError, ValueError):
        raise Unavailable("translator: its answer cannot be read", maybe_done=True) from None
    return Translation(text, language if score > 0.0 else "", characters)
