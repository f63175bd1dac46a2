"""News about a ticket is told once, whatever comes twice or in the wrong order."""

from typing import Any

import pytest

from functions.skills import notify
from tests.unit.talk import Talk

TICKET = "T-ABCD2345"


@pytest.fixture
def talk() -> Talk:
    return Talk(notify.skill)


async def create(talk: Talk, ticket: str = TICKET) -> list[str]:
    return await talk.fact("ticket.created", {"id": ticket}, subject=ticket)


async def resolve(talk: Talk, resolution: Any = "new screen", ticket: str = TICKET) -> list[str]:
    return await talk.fact("ticket.resolved", {"resolution": resolution}, subject=ticket)


async def test_a_person_is_kept_posted(talk: Talk) -> None:
    assert await create(talk) == [f"I will keep you posted here about {TICKET}."]
    assert await resolve(talk) == [f"{TICKET} is resolved: new screen"]


async def test_another_fact_about_a_resolved_ticket_says_nothing(talk: Talk) -> None:
    await create(talk)
    await resolve(talk)
    assert await resolve(talk, "again") == []
    assert await create(talk) == []


async def test_a_second_creation_says_nothing(talk: Talk) -> None:
    await create(talk)
    assert await create(talk) == []
    assert await resolve(talk) == [f"{TICKET} is resolved: new screen"]


async def test_an_unknown_ticket_says_nothing(talk: Talk) -> None:
    assert await resolve(talk) == []


async def test_a_resolution_before_its_creation_is_told_once(talk: Talk) -> None:
    await resolve(talk, "done at once")
    assert await create(talk) == [f"{TICKET} is resolved: done at once"]
    assert await create(talk) == []
    assert await resolve(talk) == []


@pytest.mark.parametrize("resolution", ["", "  ", None, 7, ["x"], {}])
async def test_a_resolution_without_words_is_told_briefly(talk: Talk, resolution: Any) -> None:
    await create(talk)
    assert await resolve(talk, resolution) == [f"{TICKET} is resolved."]


async def test_a_long_resolution_is_cut(talk: Talk) -> None:
    await create(talk)
    [text] = await resolve(talk, "word\n" * 1000)
    assert len(text) < 600
    assert "\n" not in text


async def test_a_fact_without_subject_or_id_says_nothing(talk: Talk) -> None:
    assert await talk.fact("ticket.created", {"id": 7}) == []
    assert await talk.fact("ticket.resolved", {}) == []


async def test_only_the_newest_tickets_are_kept(talk: Talk) -> None:
    for number in range(300):
        await create(talk, f"T-{number}")
    assert len(talk.state["tickets"]) <= notify.REMEMBERED + 1
    assert await resolve(talk, "ok", "T-299") == ["T-299 is resolved: ok"]


async def test_a_resolution_is_told_as_words_whatever_it_links_to(talk: Talk) -> None:
    await create(talk)
    [said] = await resolve(talk, "**done** [click](http://evil.example)")
    assert r"\*\*done\*\* \[click\](http: //evil.example)" in said
