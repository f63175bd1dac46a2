"""What an echo turn asks of the store: a turn that grows dearer is seen here, on any machine."""

from pathlib import Path

from bench import audited
from bench.price import Shop, price_of_a_turn
from shared.records.last_sent import LastSent


async def test_an_echo_turn_makes_no_more_calls_of_the_store_than_it_did() -> None:
    price = await price_of_a_turn()

    assert price.calls == [
        "find accepted",
        "get conversation",
        "write accepted",
        "get conversation",
        "write seen conversation said outbox ledger accepted",
        "write outbox",
    ]


async def test_an_echo_turn_costs_no_more_than_it_did() -> None:
    price = await price_of_a_turn()

    assert price.request_units <= 59.5
    assert price.bytes_written <= 2_750
    assert price.waits <= 8


async def test_another_process_looks_once_whether_the_message_before_has_left(
    tmp_path: Path,
) -> None:
    shop = Shop(tmp_path)
    await shop.turn(0)
    shop.last_sent = LastSent()

    price = await shop.turn(1)

    await shop.close()
    assert price.calls.count("get outbox") == 1
    assert price.queries == 1


async def test_putting_a_read_on_record_keeps_nobody_waiting() -> None:
    found = await audited.measure(rounds=1)

    record = found.with_record.calls
    reply = record.index("write outbox")
    assert record[reply + 1 :] == ["get key", "write audit head", "write outbox"]
    assert _own(record[:reply]) == _own(found.without.calls[:-1])


def _own(calls: list[str]) -> int:
    """Count the calls but those that all turns of a process share."""
    return len([call for call in calls if call != "find stopped"])
