"""What every place promises that documents come from. A new one joins by a line in `places`."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Unavailable
from shared.knowledge.documents.read import SUFFIXES
from shared.ports.documents import Listed, Source, Unreadable
from tests.contract.places import PLACES, Place

FIRST, SECOND = "one.html", "below/two words.html"


@pytest.fixture(params=PLACES)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with PLACES[request.param](tmp_path) as place:
        place.put(FIRST, "Visitors park on level 2.")
        place.put(SECOND, "Ask the desk.")
        yield place


@pytest.fixture
async def source(place: Place) -> AsyncIterator[Source]:
    source = place.source({})
    yield source
    await source.close()


async def listed(source: Source) -> dict[str, Listed]:
    return {document.name: document async for document in source.listed()}


async def text(source: Source, document: Listed) -> str:
    content = await source.content(document)
    assert content is not None
    return content.body.decode()


async def test_what_is_there_is_listed_and_read(source: Source) -> None:
    found = await listed(source)

    assert sorted(found) == sorted([FIRST, SECOND])
    assert "level 2" in await text(source, found[FIRST])
    assert "desk" in await text(source, found[SECOND])


async def test_more_than_a_page_is_listed_whole_and_once(place: Place, source: Source) -> None:
    more = [f"page-{number}.html" for number in range(23)]
    for name in more:
        place.put(name, name)

    names = [document.name async for document in source.listed()]

    assert sorted(names) == sorted([FIRST, SECOND, *more])


async def test_only_documents_are_listed(place: Place, source: Source) -> None:
    place.put("photo.html", "kept")

    assert {Path(name).suffix for name in await listed(source)} <= SUFFIXES


async def test_an_unchanged_document_is_not_given_again(source: Source) -> None:
    document = (await listed(source))[FIRST]
    first = await source.content(document)
    assert first is not None

    again = await source.content(document, first.version)

    assert again is None if first.version else again == first


async def test_a_changed_document_is_given_again(place: Place, source: Source) -> None:
    before = await source.content((await listed(source))[FIRST])
    assert before is not None
    place.put(FIRST, "Visitors park on level 3.")

    after = await source.content((await listed(source))[FIRST], before.version)

    assert after is not None
    assert b"level 3" in after.body
    assert not after.version or after.version != before.version


async def test_what_is_gone_is_not_listed(place: Place, source: Source) -> None:
    await listed(source)
    place.remove(FIRST)

    assert list(await listed(source)) == [SECOND]


async def test_what_went_after_it_was_listed_cannot_be_read(place: Place, source: Source) -> None:
    document = (await listed(source))[FIRST]
    place.remove(FIRST)

    with pytest.raises((Unreadable, OSError)):
        await source.content(document)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its tries, the SDK of Azure Storage takes no time."""
    from azure.core.pipeline.transport import AsyncHttpTransport

    async def sleep(self: object, duration: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(AsyncHttpTransport, "sleep", sleep)


async def test_a_place_that_is_away_lists_nothing_as_gone(
    hurried: None, place: Place, source: Source
) -> None:
    place.close_down()

    with pytest.raises(Unavailable):
        await listed(source)


async def test_another_source_of_the_place_goes_on_from_what_the_first_kept(place: Place) -> None:
    tree: dict[str, Any] = {}
    first, second = place.source(tree), place.source(tree)
    await listed(first)
    await first.close()
    place.put("three.html", "Three.")
    place.remove(SECOND)

    assert sorted(await listed(second)) == [FIRST, "three.html"]
    await second.close()
