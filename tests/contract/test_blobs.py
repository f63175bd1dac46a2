"""What every place for blobs promises. A new one joins by a line in `targets`."""

import asyncio
from collections.abc import Callable

from aiohttp import ClientSession
from yarl import URL

from shared.ports.store import Blobs


async def test_a_blob_is_read_as_it_was_put(blobs: Blobs) -> None:
    body = bytes(range(256)) * 1000

    await blobs.put("one.json", body)

    assert await blobs.get("one.json") == body


async def test_an_empty_blob_is_there(blobs: Blobs) -> None:
    await blobs.put("empty", b"")

    assert await blobs.get("empty") == b""


async def test_what_was_never_put_is_none(blobs: Blobs) -> None:
    assert await blobs.get("absent") is None
    await blobs.put("other", b"1")
    assert await blobs.get("absent") is None


async def test_the_same_name_again_replaces(blobs: Blobs) -> None:
    await blobs.put("one", b"a longer body")
    await blobs.put("one", b"short")

    assert await blobs.get("one") == b"short"


async def test_what_is_deleted_is_gone_and_the_rest_stays(blobs: Blobs) -> None:
    await blobs.put("one", b"1")
    await blobs.put("two", b"2")

    await blobs.delete("one")

    assert await blobs.get("one") is None
    assert await blobs.get("two") == b"2"


async def test_deleting_what_is_absent_is_no_error(blobs: Blobs) -> None:
    await blobs.delete("absent")
    await blobs.put("other", b"1")
    await blobs.delete("absent")


async def test_another_client_reads_it_after_the_first_has_closed(
    open_blobs: Callable[[], Blobs],
) -> None:
    one = open_blobs()
    await one.put("one", b"1")
    await one.close()

    assert await open_blobs().get("one") == b"1"


async def test_writers_of_one_name_leave_one_whole_body(blobs: Blobs) -> None:
    bodies = [bytes([n]) * 50_000 for n in range(8)]

    await asyncio.gather(*(blobs.put("one", body) for body in bodies))

    assert await blobs.get("one") in bodies


async def test_an_address_opens_one_blob_as_a_download_and_ends(blobs: Blobs) -> None:
    await blobs.put("one", b"1")
    await blobs.put("two", b"2")
    about = {"content_type": "application/pdf", "file": "Übersicht 1.pdf"}

    url = await blobs.address("one", seconds=60, **about)
    over = await blobs.address("one", seconds=-60, **about)
    if not url:
        assert over == ""
        return

    async with ClientSession() as client:
        async with client.get(URL(url, encoded=True)) as response:
            assert (response.status, await response.read()) == (200, b"1")
            assert response.content_type == "application/pdf"
            assert "attachment" in response.headers["Content-Disposition"]
        for wrong in (over, url.replace("/one?", "/two?"), url.partition("?")[0]):
            async with client.get(URL(wrong, encoded=True)) as response:
                assert response.status in (403, 404), wrong


async def test_working_blobs_check_out(blobs: Blobs) -> None:
    assert await blobs.check() == ""


async def test_what_is_kept_is_summed(blobs: Blobs) -> None:
    assert await blobs.stored_bytes() == 0
    await blobs.put("one", b"12345")
    await blobs.put("two", b"123")
    await blobs.put("gone", b"1")
    await blobs.delete("gone")

    assert await blobs.stored_bytes() == 8
