"""What an echo turn asks of the store: a turn that grows dearer is seen here, on any machine."""

from pathlib import Path

from bench import audited
from bench.price import Price, Shop, price_of_a_turn
from shared.pipeline.door.accept import accept
from shared.records.fresh import Fresh
from shared.records.last_sent import LastSent


async def test_an_echo_turn_makes_no_more_calls_of_the_store_than_it_did() -> None:
    price = await price_of_a_turn()

    assert price.calls == [
        "get conversation",
        "write accepted",
        "write seen conversation outbox",
        "write outbox",
    ]


async def test_an_echo_turn_costs_no_more_than_it_did() -> None:
    price = await price_of_a_turn()

    assert price.request_units <= 34
    assert price.bytes_written <= 1_491
    assert price.waits <= 6


async def test_another_process_looks_once_whether_the_message_before_has_left(
    tmp_path: Path,
) -> None:
    shop = Shop(tmp_path)
    await shop.turn(0)
    shop.last_sent = LastSent()

    price = await shop.turn(1)

    await shop.close()
    assert price.calls.count("get outbox") == 1
    assert price.queries == 0


async def test_a_process_that_does_not_know_the_conversation_reads_it(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    await shop.turn(0)
    shop.priced.price = Price()
    await accept(shop, [shop.inbound(1)])
    shop.fresh = Fresh()

    price = await shop.work()

    await shop.close()
    assert price.calls.count("get conversation") == 2
    assert shop.telephone.heard == ["echo: hello 0", "echo: hello 1"]


async def test_putting_a_read_on_record_keeps_nobody_waiting() -> None:
    found = await audited.measure(rounds=1)

    record = found.with_record.calls
    reply = record.index("write outbox")
    assert record[reply + 1 :] == ["get key", "write audit head", "write outbox"]
    assert _own(record[:reply]) == _own(found.without.calls[:-1])


def _own(calls: list[str]) -> int:
    """Count the calls but those that all turns of a process share."""
    return len([call for call in calls if call != "find stopped"])
