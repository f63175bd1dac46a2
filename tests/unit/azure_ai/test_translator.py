"""Texts reach the service, and what it says of them is told apart."""

import pytest

from shared.azure_ai.translator import AzureTranslator
from shared.ports.translator import Puzzled, Translation, Untranslated
from stand_ins.translator.server import TranslatorServer

POLISH = "Jak długo trwa zwrot pieniędzy?"


async def test_a_text_is_translated_and_its_language_found_out(
    translating: AzureTranslator,
) -> None:
    made = await translating.translate(POLISH, "en")

    assert made == Translation("How long do refunds take?", "pl", len(POLISH))


@pytest.mark.parametrize(
    ("text", "to", "reason"),
    [
        (POLISH, "tlh", Puzzled.LANGUAGE),
        (POLISH, "en&to=de", Puzzled.LANGUAGE),
        ("x" * 50_001, "en", Puzzled.TOO_LONG),
    ],
    ids=["unknown target", "no tag", "too long"],
)
async def test_a_text_that_is_not_translated_says_why(
    translating: AzureTranslator, text: str, to: str, reason: Puzzled
) -> None:
    with pytest.raises(Untranslated) as refused:
        await translating.translate(text, to)

    assert refused.value.reason is reason
    assert "SECRET" not in str(refused.value)


async def test_a_language_that_nobody_can_tell_is_none(translating: AzureTranslator) -> None:
    assert (await translating.translate("Qapla' batlh", "en")).language == ""


async def test_its_health_costs_nothing(
    translating: AzureTranslator, translator_service: TranslatorServer
) -> None:
    assert await translating.check() == ""
    assert translator_service.billed == 0
