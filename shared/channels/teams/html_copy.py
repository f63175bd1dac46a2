"""The copy of a text that Teams adds as a `text/html` attachment, and its words.

Source: learn.microsoft.com, "Receive and read messages": a mention or rich text comes twice.
"""

from typing import Any

MEDIA_TYPE = "text/html"
_BLOCKS = frozenset(
    {"address", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"hr", "li", "ol", "p", "pre", "table", "td", "th", "tr", "ul"}
)
_UNSAID = frozenset({"script", "style", "head", "title", "template"})
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "wbr"})


def is_copy(attachment: dict[str, Any]) -> bool:
    """Tell whether this is what was said once more, and not a file."""
    media_type = str(attachment.get("contentType", "")).partition(";")[0].strip().lower()
    return media_type == MEDIA_TYPE and not attachment.get("contentUrl")


def words(html: str, own_name: str) -> str:
    """Return the text that a reader sees, without the mark of the one called `own_name`.

    Emoji are their `alt`; what is quoted from an earlier message is not said again.
    """
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__(convert_charrefs=True)
            self.pieces: list[str] = []
            self.unsaid: list[str] = []
            self.mention: list[str] | None = None

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            kind = (given.get("itemtype") or "").rpartition("/")[2].lower()
            if self.unsaid or tag in _UNSAID or kind == "reply":
                if tag not in _VOID:
                    self.unsaid.append(tag)
                return
            if tag in _BLOCKS:
                self.pieces.append("\n")
            if tag in ("img", "emoji") and "emoji" in (tag, kind):
                self.pieces.append(given.get("alt") or "")
            if kind == "mention" or tag == "at":
                self.mention = []

        def handle_endtag(self, tag: str) -> None:
            if self.unsaid:
                if tag in self.unsaid:
                    while self.unsaid.pop() != tag:
                        pass
                return
            if tag in ("span", "at") and self.mention is not None:
                name, self.mention = "".join(self.mention), None
                self.pieces.append("" if name.strip() == own_name else name)
            if tag in _BLOCKS:
                self.pieces.append("\n")

        def handle_data(self, data: str) -> None:
            if not self.unsaid:
                (self.pieces if self.mention is None else self.mention).append(data)

    reader = Reader()
    reader.feed(html)
    reader.close()
    said = "".join(reader.pieces + (reader.mention or []))
    lines = (" ".join(line.split()) for line in said.splitlines())
    return "\n".join(line for line in lines if line)
