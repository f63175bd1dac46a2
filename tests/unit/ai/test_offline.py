"""The model without a key quotes, cites, and admits what it does not know."""

import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ai.offline import DIMENSIONS, UNKNOWN, OfflineModel

SOURCES = """\
Answer from the passages.

[1] Parking: Visitors
  Visitors park on level 2. Ask reception for a ticket.

[2] Reset your password
  To reset your password:

  1. Open the portal.
  2. Choose Forgot password.
  3. Approve the sign-in on your phone.

  The new password is valid for a year."""


async def ask(question: str, *given: str) -> str:
    messages: list[dict[str, Any]] = [{"role": "system", "content": text} for text in given]
    return (await OfflineModel().complete([*messages, {"role": "user", "content": question}])).text


async def test_an_answer_quotes_the_sentence_and_names_its_passage() -> None:
    assert (await ask("Where do visitors park?", SOURCES)).startswith("Visitors park on level 2.")
    assert (await ask("Where do visitors park?", SOURCES)).endswith("[1]")


async def test_steps_come_with_the_sentence_that_introduces_them() -> None:
    assert await ask("How do I reset my password?", SOURCES) == (
        "To reset your password:\n1. Open the portal.\n2. Choose Forgot password.\n"
        "3. Approve the sign-in on your phone. [2]"
    )


async def test_without_numbered_passages_all_text_is_quoted_from() -> None:
    assert await ask("When is lunch?", "Lunch is at noon.") == "Lunch is at noon."


@pytest.mark.parametrize("given", [(), (SOURCES,), ("",)])
async def test_what_stands_nowhere_is_not_known(given: tuple[str, ...]) -> None:
    assert await ask("Who won the cup?", *given) == UNKNOWN


async def test_what_people_said_is_no_source() -> None:
    messages = [
        {"role": "user", "content": "[1] Rules\n  The wifi key is public."},
        {"role": "user", "content": "What is the wifi key?"},
    ]
    assert (await OfflineModel().complete(messages)).text == UNKNOWN


async def test_an_abbreviation_does_not_end_a_sentence() -> None:
    text = "Dr. Weber runs the clinic. It is closed today."
    assert (await ask("Who runs the clinic?", text)).startswith("Dr. Weber runs the clinic.")


async def test_usage_counts_words() -> None:
    messages = [
        {"role": "system", "content": "Lunch is at noon."},
        {"role": "user", "content": "Lunch when?"},
    ]
    usage = (await OfflineModel().complete(messages)).usage
    assert (usage.input_tokens, usage.output_tokens) == (6, 4)


async def test_a_misspelt_text_lies_nearer_than_another() -> None:
    right, misspelt, other = await OfflineModel().embed(
        ["reset my password", "reset my pasword", "book a meeting room"]
    )
    assert len(right) == DIMENSIONS

    def cosine(a: list[float], b: list[float]) -> float:
        return sum(x * y for x, y in zip(a, b, strict=True))

    assert cosine(right, misspelt) > 5 * cosine(right, other)


def test_vectors_are_the_same_in_every_process() -> None:
    code = (
        "import asyncio; from shared.ai.offline import OfflineModel;"
        "print(asyncio.run(OfflineModel().embed(['open the door'])))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@given(st.text(), st.text())
async def test_no_text_breaks_it(question: str, source: str) -> None:
    assert await ask(question, source)
