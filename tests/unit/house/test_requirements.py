"""requirements.txt is what `make lock` makes of pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "requirements.txt").read_text()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DECLARED = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def pins() -> list[tuple[Requirement, list[str]]]:
    """Each pinned requirement with its hashes."""
    logical = re.sub(r"\\\n\s*", "", TEXT)
    lines = [line for line in logical.splitlines() if line and line.lstrip()[:1] != "#"]
    return [
        (Requirement(line.split("--hash=")[0]), re.findall(r"--hash=(\S+)", line)) for line in lines
    ]


def name(requirement: Requirement) -> str:
    return re.sub(r"[-_.]+", "-", requirement.name).lower()


def pinned(wanted: Requirement, python: str) -> list[Version]:
    """What is installed of a dependency by that Python, on Azure's Linux."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_python_implementation": "CPython",
    }
    return [
        Version(next(iter(pin.specifier)).version)
        for pin, _ in pins()
        if name(pin) == name(wanted)
        and (pin.marker is None or pin.marker.evaluate({**environment}))
    ]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("wanted", DECLARED, ids=str)
def test_each_dependency_has_one_pin_within_its_range(wanted: Requirement, python: str) -> None:
    [version] = pinned(wanted, python)
    assert version in wanted.specifier


def test_every_pin_is_exact_and_has_a_hash() -> None:
    assert len(pins()) > len(DECLARED)
    for pin, hashes in pins():
        assert [specifier.operator for specifier in pin.specifier] == ["=="], pin
        assert hashes, pin
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), pin


def test_it_says_how_it_was_made_and_names_no_registry() -> None:
    assert "uv pip compile pyproject.toml -o requirements.txt --generate-hashes" in TEXT
    assert "://" not in TEXT
    assert not re.search(r"^\s*--(?!hash=)", TEXT, re.MULTILINE)
