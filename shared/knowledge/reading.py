"""An article in a file, `knowledge/<collection>/<slug>.md`, cut into passages."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from shared.errors import ConfigurationError
from shared.knowledge.access import NOBODY, of_front_matter
from shared.knowledge.folder_access import of_folder
from shared.observability import log
from shared.ports.knowledge import Access, Passage

PASSAGE_WORDS = 120
"""A passage is closed when the next paragraph would make it longer."""

PASSAGE_CHARACTERS = 4000
"""A paragraph that is longer is cut, at the end of a line or sentence where there is one."""

_ASKED = re.compile(r"<!--\s*asked:(.*?)-->", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADING = re.compile(r"(#{1,6})\s+(.+?)[\s#]*$")


def read_article(path: Path) -> list[Passage]:
    """The passages of a Markdown file, whose front matter may give `title`, `url` and `access`."""
    whole = path.read_text("utf-8", "replace").removeprefix("\ufeff")
    meta, body = _front_matter(whole)
    access = _access(whole, body)
    collection, slug = path.parent.name, path.stem
    title = meta.get("title") or slug.replace("-", " ").capitalize()
    url = meta.get("url", "")
    if url and not url.startswith("https://"):
        log.warning("knowledge.url", article=f"{collection}/{slug}", wanted="https://...")
        url = ""
    return [
        Passage(
            f"{collection}/{slug}#{n}",
            collection,
            title,
            heading,
            text,
            url,
            asked=asked,
            access=access,
            path=above,
        )
        for n, (above, heading, text, asked) in enumerate(_sections(body, title), start=1)
    ]


def in_folder(path: Path) -> list[Passage]:
    """The passages of an article, held to what its folder demands of readers too."""
    try:
        demanded = of_folder(path.parent)
    except (ConfigurationError, OSError) as error:
        log.error("knowledge.access", folder=path.parent.name, reason=type(error).__name__)
        demanded = NOBODY
    return [replace(passage, access=demanded + passage.access) for passage in read_article(path)]


def _access(whole: str, body: str) -> Access:
    """What an article says of its readers; a front matter that does not end hides it."""
    lines = whole.strip().splitlines()
    if not lines or lines[0].strip() != "---":
        return ()
    if body == whole:
        return NOBODY if of_front_matter(lines[1:]) else ()
    return of_front_matter(lines[1 : lines.index("---", 1)])


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """Lines `key: value` between two lines `---`, and what follows them."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in lines[1:]:
        return {}, text
    end = lines.index("---", 1)
    pairs = (line.partition(":") for line in lines[1:end] if ":" in line)
    meta = {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}
    return meta, "\n".join(lines[end + 1 :])


Section = tuple[tuple[str, ...], str, str, tuple[str, ...]]
"""The headings above, the last of them, the text, and the questions that it answers."""


def _sections(body: str, title: str) -> Iterator[Section]:
    """The passages: paragraphs under one heading, joined while short.

    A comment `<!-- asked: How ...? | What ...? -->` holds questions that what follows answers;
    other comments are for authors alone.
    """
    above, heading, held, size, asked = dict[int, str](), "", list[str](), 0, list[str]()
    for block in re.split(r"\n\s*\n|\n(?=#{1,6}\s)", body):
        questions = [q.strip() for listed in _ASKED.findall(block) for q in listed.split("|")]
        paragraph = _COMMENT.sub("", block).strip()
        head, _, rest = paragraph.partition("\n")
        found = _HEADING.match(head)
        text = rest.strip() if found else paragraph
        for number, piece in enumerate(_pieces(text)):
            length = len(piece.split())
            if held and ((found and not number) or size + length > PASSAGE_WORDS):
                yield tuple(above.values()), heading, "\n\n".join(held), tuple(asked)
                held, size, asked = [], 0, []
            if found and not number:
                heading = "" if found[2] == title else found[2]
                above = {level: name for level, name in above.items() if level < len(found[1])}
                above |= {len(found[1]): heading} if heading else {}
            asked += filter(None, () if number else questions)
            if piece:
                held.append(piece)
                size += length
    if held:
        yield tuple(above.values()), heading, "\n\n".join(held), tuple(asked)


def _pieces(text: str) -> Iterator[str]:
    """The text, cut where it is longer than a passage may be; "" for none."""
    while len(text) > PASSAGE_CHARACTERS:
        head = text[:PASSAGE_CHARACTERS]
        cut = max(head.rfind("\n"), head.rfind(". ") + 1, 0)
        cut = cut if cut > PASSAGE_CHARACTERS // 2 else PASSAGE_CHARACTERS
        yield text[:cut].strip()
        text = text[cut:].strip()
    yield text


def stamp(path: Path) -> tuple[int, int]:
    """What differs once a file has been written."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size
