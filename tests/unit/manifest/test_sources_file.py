"""`sources.toml`: each kind is read, and a mistake is one line that says what to write."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.manifest.sources import load_sources

ENVIRON = {"DOCS_KEY": "k3y", "HR_SECRET": "s3cret"}
FOLDER = 'folder = "../../handbook"'
DRIVE = 'drive = "b!1"'
SITE = 'sitemap = "https://help.contoso.example/sitemap.xml"'


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    (tmp_path / "handbook").mkdir()
    folder = tmp_path / "knowledge" / "it"
    folder.mkdir(parents=True)
    return folder


def declare(collection: Path, *tables: str) -> None:
    text = "".join(f"[[source]]\n{table}\n" for table in tables)
    (collection / "sources.toml").write_text(text)


def test_every_kind_is_read_and_secrets_come_from_the_environment(collection: Path) -> None:
    container = 'container = "https://contoso.blob.core.windows.net/docs"\nkey = "$DOCS_KEY"'
    app = 'tenant = "t"\nclient = "c"\nsecret = "$HR_SECRET"'
    declare(collection, FOLDER, f'{container}\naccess = ["source"]', SITE, f"{DRIVE}\n{app}")

    found = load_sources(collection, ENVIRON, local=False)

    assert [one.kinds for one in found] == [["folder"], ["container"], ["sitemap"], ["drive"]]
    assert [one.copies_access for one in found] == [False, True, False, True]
    assert (found[1].key, found[3].secret) == ("k3y", "s3cret")
    assert not [one for one in found if "k3y" in repr(one) or "s3cret" in repr(one)]


def test_a_drive_may_be_declared_for_groups(collection: Path) -> None:
    declare(collection, f'{DRIVE}\naccess = ["staff"]')
    assert not load_sources(collection, {}, local=False)[0].copies_access


def test_without_a_file_there_is_none(collection: Path) -> None:
    assert load_sources(collection, {}, local=False) == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "source 1: write one of folder, container, sitemap, drive; there is none"),
        (f"{FOLDER}\n{DRIVE}", "there is folder and drive"),
        ('folder = "nowhere"', "folder: there is no folder 'nowhere'"),
        (f'{FOLDER}\naccess = "board"', "access: has the wrong type (text); write a list"),
        (f'{FOLDER}\nurl = "http://x"', "source 1: url"),
        (f"{FOLDER}\ngroups = []", "groups"),
        (f'{FOLDER}\naccess = ["source"]', "access: a folder does not say who may read"),
        (f'{DRIVE}\naccess = ["source", "staff"]', 'access: "source" stands alone'),
        (f'{DRIVE}\ntenant = "t"', "write tenant, client and secret, or none"),
        (f'{SITE}\nkey = "x"', "key: belongs to container; remove it"),
        ('sitemap = "http://help.contoso.example/s.xml"', "sitemap: write https://"),
        (f'{DRIVE}\nunder = "a/../b"', "under: write a path below the source"),
        ('container = "https://x/y"\nkey = "$UNSET_KEY"', "set the environment variable UNSET_KEY"),
        (f"{FOLDER}\n[[source]]\n{FOLDER}", "stands there twice"),
        ("[[", "sources.toml"),
    ],
)
def test_a_mistake_is_one_line(collection: Path, table: str, said: str) -> None:
    declare(collection, table)
    with pytest.raises(ConfigurationError) as refused:
        load_sources(collection, ENVIRON, local=False)
    assert said in str(refused.value)
    assert "sources.toml" in str(refused.value)
