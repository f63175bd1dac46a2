"""Web pages, without what surrounds their content."""

import re
from pathlib import Path

from shared.knowledge.documents.document import Document

AROUND = (
    "script",
    "style",
    "noscript",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "iframe",
    "svg",
)


def read(path: Path) -> Document:
    return of_markup(path.read_bytes())


def of_markup(markup: bytes) -> Document:
    """The main part of a page, or all of its body."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    page = BeautifulSoup(markup, "html.parser")
    for element in page.find_all(AROUND):
        element.decompose()
    content = page.find("main") or page.find("article") or page.body or page
    heading = content.find("h1") or page.find("title")
    title = " ".join(heading.get_text(" ").split()) if heading else ""
    if heading is not None and heading.name == "h1":
        heading.decompose()
    markdown = MarkdownConverter(heading_style="ATX", strip=["img"]).convert_soup(content)
    return Document(re.sub(r"\n{3,}", "\n\n", markdown).strip(), title)
