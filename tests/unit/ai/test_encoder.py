"""The sentence encoder: near is what means the same; what is missing or broken is made again."""

from pathlib import Path
from threading import Event

import pytest

from shared.ai.encoder import Encoder


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder(tmp_path_factory.mktemp("encoder"))


async def test_until_it_is_loaded_there_are_no_vectors(tmp_path: Path) -> None:
    encoder = Encoder(tmp_path)

    assert await encoder.vector("Where is the key?") is None
    assert await encoder.ready()
    assert await encoder.vector("Where is the key?") is not None


async def test_the_same_in_two_languages_is_nearer_than_something_else(loaded: Encoder) -> None:
    assert await loaded.ready()
    vectors = await loaded.vectors(
        ["Where is the key?", "Wo ist der Schlüssel?", "The soup is too salty"]
    )

    assert vectors is not None
    asked, same, other = vectors
    assert asked @ same > 0.6
    assert asked @ other < 0.3


async def test_vectors_are_read_from_the_file_that_they_were_written_to(loaded: Encoder) -> None:
    texts = ["one text", "and another"]
    made = await loaded.matrix_ready(texts)
    again = Encoder(loaded.folder)
    assert await again.ready()
    again._encode = None  # type: ignore[assignment, method-assign]

    found = await again.matrix_ready(texts)

    assert made is not None
    assert found is not None
    assert (made == found).all()


async def test_a_file_that_was_cut_is_made_again(loaded: Encoder) -> None:
    texts = ["a text that", "was cut"]
    made = await loaded.matrix_ready(texts)
    for path in loaded.folder.glob("*.npy"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    again = Encoder(loaded.folder)

    found = await again.matrix_ready(texts)

    assert made is not None
    assert found is not None
    assert abs(made - found).max() < 1e-5


async def test_where_nothing_can_be_written_it_works_all_the_same(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    encoder = Encoder(blocked / "encoder")

    assert await encoder.matrix_ready(["still there"]) is not None


async def test_without_the_package_health_says_what_to_install(tmp_path: Path) -> None:
    encoder = Encoder(tmp_path)
    encoder.is_installed = False

    assert "[embeddings]" in await encoder.check()
    assert not await encoder.ready()
    assert await encoder.vector("Where is the key?") is None


async def test_a_package_that_cannot_be_loaded_leaves_words_to_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ai.encoder._model", lambda: 1 / 0)
    encoder = Encoder(tmp_path)

    assert not await encoder.ready()
    assert "could not be loaded" in await encoder.check()
    assert await encoder.matrix_ready(["a"]) is None


async def test_a_question_does_not_wait_for_a_long_list(loaded: Encoder) -> None:
    assert await loaded.ready()
    long = [f"a sentence with the number {n} in it" for n in range(400)]
    assert loaded.matrix(long) is None

    assert await loaded.vector("Where is the lamp?") is not None
    assert await loaded.matrix_ready(long) is not None


async def test_a_question_in_another_language_waits_while_the_encoder_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ai.encoder.NEW_SECONDS", 60.0)
    encoder, texts = Encoder(tmp_path), ["Where is the key?", "The soup is too salty"]

    assert await encoder.matrix_for("Where did I leave the key?", texts) is None
    assert await encoder.matrix_for("Wo ist der Schlüssel?", texts) is not None


async def test_a_question_waits_no_longer_than_the_encoder_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading = Event()
    monkeypatch.setattr("shared.ai.encoder._model", loading.wait)
    monkeypatch.setattr("shared.ai.encoder.NEW_SECONDS", 0.05)
    encoder = Encoder(tmp_path)

    assert await encoder.matrix_for("Gdzie jest klucz?", ["Where is the key?"]) is None
    loading.set()
