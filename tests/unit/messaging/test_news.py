"""Waiting for a change loses none."""

import asyncio
from collections.abc import Collection
from time import monotonic

from shared.messaging.embedded.news import News


def silent() -> tuple[Collection[str] | None, float]:
    return None, 1.0


async def waited(news: News, seconds: float = 0.1) -> bool:
    """Whether the wait lasted; False when there was news."""
    started = monotonic()
    await news.wait(seconds)
    return monotonic() - started >= seconds * 0.9


async def test_a_task_hears_what_was_announced_between_its_waits() -> None:
    news = News(silent)
    await news.wait(0)

    news.announce()
    news.look()

    assert not await waited(news, 10)
    assert await waited(news)


async def test_a_new_task_hears_what_was_announced_since_somebody_looked() -> None:
    news = News(silent)
    news.announce()
    news.look()
    assert await asyncio.create_task(waited(news))

    news.announce()

    assert not await asyncio.create_task(waited(news, 10))


async def test_the_poll_is_shared_and_ends_with_the_last_wait() -> None:
    polls: list[int] = []

    def poll() -> tuple[Collection[str] | None, float]:
        polls.append(1)
        return () if len(polls) == 3 else None, 0.01

    news = News(poll)
    await asyncio.gather(*(news.wait(10) for _ in range(5)))
    assert len(polls) == 3

    await asyncio.sleep(0.1)
    assert len(polls) == 3


async def test_news_names_its_places_once() -> None:
    news = News(silent)
    await news.wait(0)
    news.announce("a")
    news.announce("b")
    assert await news.wait(10) == {"a", "b"}

    news.announce("b")
    assert await news.wait(10) == {"b"}


async def test_news_of_any_place_names_none() -> None:
    news = News(silent)
    await news.wait(0)
    news.announce("a")
    news.announce()
    assert await news.wait(10) == set()
