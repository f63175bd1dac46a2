"""No limit of tokens or money is passed by more than one call, whatever races or dies."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from time import time

import pytest

from shared.bot import Bot, Quota
from shared.errors import OverBudget, PermanentError, Refused, Unavailable
from shared.governance.department import Department
from shared.governance.limits import spending as module
from shared.governance.limits.limit import Amount, Limit, limits_of
from shared.governance.limits.spending import Hold, Spending
from shared.governance.prices import Price, Prices
from shared.ports.store import Etags, Item, Op
from shared.records.spend import Counter
from shared.storage.sqlite import SqliteStore
from tests.unit.governance.spender import (
    MESSAGES,
    OUTPUT_TOKENS,
    TOKENS,
    Clerk,
    governed,
    limit,
    spend,
)

BOT = Bot("lab", "Lab", "owner@contoso.example", "Research", ["echo"], "echo")
ROWS = [
    Price("tokens.clerk.input", "1M tokens", 2.0, "2020-01-01", "a list"),
    Price("tokens.clerk.output", "1M tokens", 8.0, "2020-01-01", "a list"),
]


class Counting(SqliteStore):
    """Counts what is asked of it, and fails while it is `away`."""

    asked, away = 0, False

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writing, self.may_write = asyncio.Event(), asyncio.Event()
        self.may_write.set()

    async def get(self, partition: str, id: str) -> Item | None:
        self.asked += 1
        if self.away:
            raise Unavailable("the store")
        return await super().get(partition, id)

    async def write(self, partition: str, *ops: Op, durable: bool = True) -> Etags:
        self.asked += 1
        if self.away:
            raise Unavailable("the store")
        self.writing.set()
        await self.may_write.wait()
        return await super().write(partition, *ops, durable=durable)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Counting]:
    made = Counting(tmp_path / "store.db")
    yield made
    await made.close()


@pytest.fixture
def spending(store: Counting) -> Spending:
    return Spending(store)


async def counter(store: Counting, of: Limit) -> Counter:
    item = await store.get(of.partition, of.counter)
    return Counter.from_item(item) if item else Counter(of.counter)


def held(of: Counter) -> int:
    """What calls hold, without floats."""
    return sum(h.amount for id, h in of.holds.items() if not id.startswith("float:"))


async def process(path: Path, most: int, calls: int, what: str) -> tuple[int, str]:
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.unit.governance.spender"),
        *(str(path), str(most), str(calls), what),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await started.communicate()
    return started.returncode or 0, printed.decode()


# --- races -------------------------------------------------------------------------------------


async def test_nothing_is_spent_after_the_limit(spending: Spending, store: Counting) -> None:
    most = limit(2 * TOKENS)
    clerk = Clerk()
    model = governed(clerk, spending, most)
    await model.complete(MESSAGES)
    await model.complete(MESSAGES)
    with pytest.raises(OverBudget, match="tokens_per_day is used up"):
        await model.complete(MESSAGES)
    assert clerk.made == 2
    assert (await counter(store, most)).spent == 2 * TOKENS


async def test_twenty_calls_at_once_in_each_of_two_processes_pass_it_by_one_call_at_most(
    tmp_path: Path, store: Counting
) -> None:
    most = 10 * TOKENS - 10
    path = tmp_path / "store.db"
    ended = await asyncio.gather(*(process(path, most, 20, "calls") for _ in range(2)))
    assert [code for code, _ in ended] == [0, 0]
    made = sum(int(printed.split()[0]) for _, printed in ended)
    assert made == 10
    spent = await counter(store, limit(most))
    assert (spent.spent, held(spent)) == (10 * TOKENS, 0)
    assert spent.spent < most + OUTPUT_TOKENS


async def test_what_is_held_but_not_used_refuses_nobody(spending: Spending) -> None:
    """Room for what all use, but not for all that they hold at once."""
    assert await spend(spending, 20 * TOKENS, 20) == (20, 0)


async def test_what_a_killed_process_held_is_free_again(
    tmp_path: Path, store: Counting, spending: Spending, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = limit(OUTPUT_TOKENS)
    code, _ = await process(tmp_path / "store.db", most.most, 1, "die")
    assert code == -9
    assert held(await counter(store, most)) > OUTPUT_TOKENS

    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.0)
    model = governed(Clerk(), spending, most)
    with pytest.raises(Unavailable, match="others hold what is left"):
        await model.complete(MESSAGES)
    passed = time() + module.LEASE_SECONDS + 1
    monkeypatch.setattr(module, "time", lambda: passed)
    assert (await model.complete(MESSAGES)).text == "yes"
    assert held(await counter(store, most)) == 0


async def test_a_person_has_a_limit_inside_the_departments(
    spending: Spending, store: Counting
) -> None:
    person, everybody = limit(TOKENS, "person"), limit(1000 * TOKENS, "department")
    theirs = governed(Clerk(), spending, person, everybody)
    await theirs.complete(MESSAGES)
    with pytest.raises(OverBudget, match="person"):
        await theirs.complete(MESSAGES)
    assert held(await counter(store, everybody)) == 0
    await governed(Clerk(), spending, limit(TOKENS, "another"), everybody).complete(MESSAGES)
    assert (await counter(store, everybody)).spent == 2 * TOKENS


async def test_a_refused_call_frees_what_it_held(spending: Spending, store: Counting) -> None:
    most = limit(2000)
    model = governed(Clerk(error=Refused("no")), spending, most)
    with pytest.raises(Refused):
        await model.complete(MESSAGES)
    left = await counter(store, most)
    assert (left.spent, held(left)) == (0, 0)


async def test_tries_that_failed_cost_nothing(spending: Spending, store: Counting) -> None:
    most = limit(2000)
    busy = Clerk(error=Unavailable("busy"))
    with pytest.raises(Unavailable):
        await governed(busy, spending, most).complete(MESSAGES)
    await governed(Clerk(), spending, most).complete(MESSAGES)
    assert (await counter(store, most)).spent == TOKENS


async def test_a_call_that_is_cancelled_while_it_holds_leaves_nothing(
    spending: Spending, store: Counting
) -> None:
    most = limit(2000)
    store.may_write.clear()
    running = asyncio.create_task(governed(Clerk(), spending, most).complete(MESSAGES))
    await store.writing.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    store.may_write.set()
    await spending.booked()
    left = await counter(store, most)
    assert left.etag
    assert held(left) == 0


async def test_a_stream_that_is_left_settles_at_what_it_used(
    spending: Spending, store: Counting
) -> None:
    most = limit(2000)
    async with aclosing(governed(Clerk(), spending, most).stream(MESSAGES)) as pieces:
        async for _ in pieces:
            assert held(await counter(store, most)) > OUTPUT_TOKENS
            break
    left = await counter(store, most)
    assert (left.spent, held(left)) == (21, 0)


async def test_what_is_held_before_midnight_is_booked_on_that_day(
    spending: Spending, store: Counting
) -> None:
    quota = Quota(tokens_per_day=1000)
    before = datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC).timestamp()
    bot = Bot("lab", "Lab", "o", "Research", ["echo"], "echo", quota=quota)
    [old], [new] = limits_of(bot, None, before), limits_of(bot, None, before + 2)
    assert (old.window, new.window) == ("2026-11-29", "2026-11-30")
    hold = await spending.hold([old], Amount(500))
    await spending.settle(hold, Amount(400))
    assert (await counter(store, old)).spent == 400
    assert (await counter(store, new)).spent == 0


async def test_a_clock_that_is_set_back_over_midnight_opens_no_second_budget(
    spending: Spending, store: Counting
) -> None:
    quota = Quota(tokens_per_day=1000)
    before = datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC).timestamp()
    bot = Bot("lab", "Lab", "o", "Research", ["echo"], "echo", quota=quota)
    for moment in (before, before + 2):
        hold = await spending.hold(limits_of(bot, None, moment), Amount(1000))
        await spending.settle(hold, Amount(1000))

    for moment in (before, before + 2, before - 1):
        with pytest.raises(OverBudget):
            await spending.hold(limits_of(bot, None, moment), Amount(1))

    [old], [new] = limits_of(bot, None, before), limits_of(bot, None, before + 2)
    assert [(await counter(store, one)).spent for one in (old, new)] == [1000, 1000]


# --- the store away ----------------------------------------------------------------------------


async def test_without_counters_a_call_is_refused(spending: Spending, store: Counting) -> None:
    store.away = True
    clerk = Clerk()
    with pytest.raises(Unavailable):
        await governed(clerk, spending, limit(1000)).complete(MESSAGES)
    assert not clerk.made


async def test_or_allowed_where_the_bot_says_so_and_booked_afterwards(
    spending: Spending, store: Counting
) -> None:
    most = limit(1000)
    model = governed(Clerk(), spending, most, allow_unknown=True)
    store.away = True
    assert (await model.complete(MESSAGES)).text == "yes"
    store.away = False
    await model.complete(MESSAGES)
    assert (await counter(store, most)).spent == 2 * TOKENS


async def test_a_store_that_goes_away_during_the_call_is_told_when_it_is_back(
    spending: Spending, store: Counting
) -> None:
    most = limit(1000)
    clerk = Clerk()
    clerk.may_answer.clear()
    running = asyncio.create_task(governed(clerk, spending, most).complete(MESSAGES))
    await clerk.asked.wait()
    store.away = True
    clerk.may_answer.set()
    assert (await running).text == "yes"
    store.away = False
    await spending.booked()
    left = await counter(store, most)
    assert (left.spent, held(left)) == (TOKENS, 0)


# --- money, steps and alerts -------------------------------------------------------------------


async def test_money_is_counted_in_millionths(spending: Spending, store: Counting) -> None:
    most = limit(1_000_000, "month", "usd")
    await governed(Clerk(), spending, most, prices=Prices(ROWS)).complete(MESSAGES)
    assert (await counter(store, most)).spent == 20 * 2 + 40 * 8


@pytest.mark.parametrize("price", ["none", "future"])
async def test_a_model_without_a_price_is_refused_by_name(spending: Spending, price: str) -> None:
    rows = (
        [] if price == "none" else [Price(r.meter, r.unit, r.usd, "2999-01-01", "x") for r in ROWS]
    )
    clerk = Clerk()
    model = governed(clerk, spending, limit(10**9, "month", "usd"), prices=Prices(rows))
    with pytest.raises(PermanentError, match=r"give tokens\.clerk\.\w+ a \[\[price\]\]"):
        await model.complete(MESSAGES)
    assert not clerk.made


async def test_from_four_fifths_on_the_cheaper_model_is_called(spending: Spending) -> None:
    dear, cheap = Clerk(), Clerk("cheap")
    model = governed(dear, spending, limit(10 * TOKENS), cheaper=cheap)
    for _ in range(10):
        await model.complete(MESSAGES)
    assert (dear.made, cheap.made) == (8, 2)


async def test_the_owner_is_told_of_each_threshold_once(
    spending: Spending, store: Counting
) -> None:
    told: list[tuple[str, float]] = []

    async def note(of: Limit, share: float) -> None:
        told.append((of.name, share))

    one, other = Spending(store, note), Spending(store, note)
    for number in range(12):
        try:
            await governed(Clerk(), (one, other)[number % 2], limit(10 * TOKENS, "b")).complete(
                MESSAGES
            )
        except OverBudget:
            assert number >= 10
    assert told == [("b", 0.8), ("b", 1.0)]


async def test_an_alert_that_nobody_takes_books_nothing_twice(store: Counting) -> None:
    async def lost(of: Limit, share: float) -> None:
        raise Unavailable("the topic")

    most = limit(TOKENS)
    spending = Spending(store, lost)
    await governed(Clerk(), spending, most).complete(MESSAGES)
    await spending.booked()
    assert (await counter(store, most)).spent == TOKENS


# --- far from every limit ----------------------------------------------------------------------


async def test_far_from_the_limit_no_call_waits_for_the_store(
    spending: Spending, store: Counting
) -> None:
    most = limit(100_000)
    await governed(Clerk(), spending, most).complete(MESSAGES)  # the first one takes the float
    clerk = Clerk()
    clerk.may_answer.clear()
    asked = store.asked
    running = asyncio.create_task(governed(clerk, spending, most).complete(MESSAGES))
    await clerk.asked.wait()
    assert store.asked == asked
    clerk.may_answer.set()
    await running
    await spending.booked()
    assert (await counter(store, most)).spent == 2 * TOKENS


async def test_floats_of_many_processes_let_nobody_pass_the_limit(store: Counting) -> None:
    most = 4000
    spenders = [Spending(store) for _ in range(5)]
    made = await asyncio.gather(*(spend(each, most, 30) for each in spenders))
    total = (await counter(store, limit(most))).spent
    assert total == sum(count for count, _ in made) * TOKENS
    assert most <= total < most + OUTPUT_TOKENS


async def test_a_float_is_given_back_near_the_limit(spending: Spending, store: Counting) -> None:
    most = limit(100_000)
    await spending.settle(Hold("", [most], Amount()), Amount(10_000))
    assert (await counter(store, most)).taken == 12_000
    await spending.settle(Hold("", [most], Amount()), Amount(75_000))
    assert (await counter(store, most)).taken == 85_000
    assert not spending.take_from_float([most], Amount(1))


# --- which limits ------------------------------------------------------------------------------


def test_every_limit_that_applies() -> None:
    quota = Quota(tokens_per_user_per_day=5, tokens_per_day=50, budget_usd_per_month=3)
    bot = Bot("lab", "Lab", "o", "Research", ["echo"], "echo", quota=quota)
    research = Department("Research", budget_usd_per_month=7.5)
    found = limits_of(bot, research, 0, "abc")
    assert [(one.name, one.unit, one.window, one.most) for one in found] == [
        ("bot lab: tokens_per_user_per_day", "tokens", "1970-01-01", 5),
        ("bot lab: tokens_per_day", "tokens", "1970-01-01", 50),
        ("bot lab: budget_usd_per_month", "usd", "1970-01", 3_000_000),
        ("department Research: budget_usd_per_month", "usd", "1970-01", 7_500_000),
    ]
    assert len({one.counter for one in found}) == 4
    assert {one.partition for one in found} == {"spend:Research"}
    assert limits_of(BOT, None, 0, "abc") == []
