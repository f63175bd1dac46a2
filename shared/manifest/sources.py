"""Where a collection's articles come from: `knowledge/<collection>/sources.toml`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.manifest.rows import read, tables
from shared.manifest.shape import Form
from shared.manifest.toml_file import from_environ, parse, wrong
from shared.sources.declaration import COPIED, KINDS, Declaration
from shared.web_address import secure

FILE = "sources.toml"

_FORM = Form(Declaration, "a source", {})
_ONLY_FOR = {
    "url": ("folder", "container"),
    "hosts": ("sitemap",),
    "key": ("container",),
    "tenant": ("drive",),
    "client": ("drive",),
    "secret": ("drive",),
}


def load_sources(collection: Path, environ: Mapping[str, str], *, local: bool) -> list[Declaration]:
    """Read the sources of a collection, none without the file.

    A string value `$NAME` is read from `environ`. Raises ConfigurationError at the first mistake.
    """
    path = collection / FILE
    if not path.exists():
        return []
    rows = tables(path, from_environ(parse(path), environ, path), "source")["source"]
    found = []
    for number, table in enumerate(rows, start=1):
        place = f"source {number}"
        declaration = read(path, place, table, _FORM)
        for key, sentence in _problems(declaration, collection, local=local):
            raise wrong(path, f"{place}: {key}" if key else place, sentence)
        found.append(declaration)
    places = [declaration.place for declaration in found]
    for place in places:
        if places.count(place) > 1:
            raise wrong(path, "source", f"{place} stands there twice; keep one")
    return found


def _problems(
    declaration: Declaration, collection: Path, *, local: bool
) -> Iterator[tuple[str, str]]:
    kinds = declaration.kinds
    if len(kinds) != 1:
        said = " and ".join(kinds) or "none"
        yield "", f"write one of {', '.join(KINDS)}; there is {said}"
        return
    [kind] = kinds
    if kind == "folder" and not (collection / declaration.folder).is_dir():
        yield (
            "folder",
            f"there is no folder {declaration.folder!r} beside {FILE}; write its path",
        )
    for key in ("container", "sitemap"):
        if key == kind and not secure(getattr(declaration, key), local=local):
            yield key, "write https://... (http:// only on loopback, and only locally)"
    if declaration.access and COPIED in declaration.access:
        if len(declaration.access) > 1:
            yield "access", f'"{COPIED}" stands alone; who may read there may read here'
        if kind in ("folder", "sitemap"):
            yield "access", f"a {kind} does not say who may read; write the groups"
    if ".." in declaration.under.split("/"):
        yield "under", "write a path below the source, without .."
    for key, kinds_of_key in _ONLY_FOR.items():
        if getattr(declaration, key) and kind not in kinds_of_key:
            yield key, f"belongs to {' or '.join(kinds_of_key)}; remove it"
    app = [bool(getattr(declaration, key)) for key in ("tenant", "client", "secret")]
    if any(app) and not all(app):
        yield "tenant", "write tenant, client and secret, or none of them"
