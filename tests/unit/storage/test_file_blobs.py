"""Blobs as files: whole or not at all, and nowhere else."""

import os
from pathlib import Path
from time import time

import pytest

from shared.errors import Unavailable
from shared.storage.files import FileBlobs

ELSEWHERE = ["../store.db", "/etc/hostname", "", ".", "..", "a/../../b", "x" * 300, "a\0b", "a/b"]


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_a_name_that_points_elsewhere_is_no_blob(tmp_path: Path, name: str) -> None:
    (tmp_path / "store.db").write_text("not to be read or removed")
    blobs = FileBlobs(tmp_path / "blobs")
    await blobs.put("one", b"1")

    with pytest.raises(ValueError, match="no name for a blob"):
        await blobs.put(name, b"1")
    assert await blobs.get(name) is None
    await blobs.delete(name)

    assert (tmp_path / "store.db").exists()


async def test_a_put_leaves_one_file_and_no_draft(tmp_path: Path) -> None:
    await FileBlobs(tmp_path).put("one", b"1")
    await FileBlobs(tmp_path).put("one", b"2")

    assert names(tmp_path) == ["one"]


async def test_a_put_that_fails_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()

    with pytest.raises(Unavailable):
        await FileBlobs(tmp_path).put("one", b"1")

    assert names(tmp_path) == ["one"]


async def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blobs = FileBlobs(tmp_path / "file" / "blobs")

    for call in (blobs.put("one", b"1"), blobs.get("one"), blobs.delete("one")):
        with pytest.raises(Unavailable, match="cannot be used"):
            await call
    assert "cannot be used" in await blobs.check()


async def test_what_a_crash_left_behind_goes_after_three_months(tmp_path: Path) -> None:
    (tmp_path / "claim-old.json").write_text("{}")
    (tmp_path / "claim-young.json").write_text("{}")
    long_ago = time() - 91 * 86_400
    os.utime(tmp_path / "claim-old.json", (long_ago, long_ago))

    await FileBlobs(tmp_path).put("one", b"1")

    assert sorted(names(tmp_path)) == ["claim-young.json", "one"]
