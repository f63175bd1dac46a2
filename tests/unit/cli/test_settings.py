"""host.json and local.settings.json, as the local host reads them."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.host_json import HostJson
from cli.local_settings import read_values
from shared.errors import ConfigurationError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def environ() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def host_json(folder: Path, body: object) -> Path:
    path = folder / "host.json"
    path.write_text(json.dumps(body))
    return path


def test_this_app_has_the_limits_it_was_designed_with() -> None:
    limits = HostJson.load(ROOT / "host.json")
    assert limits == HostJson("api", 600, 570, 8, 16, 16, 30)


def test_what_is_absent_has_the_default_of_the_host(tmp_path: Path) -> None:
    assert HostJson.load(host_json(tmp_path, {"version": "2.0"})) == HostJson()


def test_a_function_may_run_for_ever(tmp_path: Path) -> None:
    path = host_json(tmp_path, {"functionTimeout": "-1"})
    assert HostJson.load(path).function_timeout is None


def test_days_count(tmp_path: Path) -> None:
    path = host_json(tmp_path, {"functionTimeout": "1.00:00:01"})
    assert HostJson.load(path).function_timeout == 86_401


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"functionTimeout": "ten minutes"}, "functionTimeout"),
        ({"functionTimeout": 600}, "functionTimeout"),
        ({"extensions": []}, "extensions"),
        ({"extensions": {"serviceBus": {"maxConcurrentSessions": 0}}}, "maxConcurrentSessions"),
        ({"extensions": {"queues": {"batchSize": "many"}}}, "queues.batchSize"),
        ({"extensions": {"queues": {"visibilityTimeout": 30}}}, "visibilityTimeout"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, body: object, key: str) -> None:
    with pytest.raises(ConfigurationError, match=key):
        HostJson.load(host_json(tmp_path, body))


def test_broken_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{")
    with pytest.raises(ConfigurationError, match="not JSON"):
        HostJson.load(tmp_path / "host.json")


@pytest.mark.usefixtures("environ")
def test_the_environment_wins_over_local_settings(tmp_path: Path) -> None:
    os.environ["HAVE"] = "environment"
    path = tmp_path / "local.settings.json"
    path.write_text(json.dumps({"Values": {"HAVE": "file", "NEW": "file", "NUMBER": 1}}))
    read_values(path)
    assert (os.environ["HAVE"], os.environ["NEW"]) == ("environment", "file")


def test_no_local_settings_is_fine(tmp_path: Path) -> None:
    read_values(tmp_path / "local.settings.json")


@pytest.mark.parametrize("text", ["{", "[]", '{"Values": []}'])
def test_broken_local_settings_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "local.settings.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"local\.settings\.json"):
        read_values(path)
