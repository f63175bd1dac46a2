"""Scans with their text in them: nothing to a reader of text, words to the stand-in.

A PDF file carries it in a comment, a photo (JPEG) in its comment segment; neither can be seen.
"""

import re
from collections.abc import Sequence

_SAID = re.compile(rb"%said:([0-9a-f]*)\n")
_BLANK = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"


class NoScan(ValueError):
    """The bytes are neither a PDF file nor a picture."""


def scanned_pdf(pages: Sequence[str]) -> bytes:
    """A PDF file of blank pages, as a scanner makes them."""
    numbers = range(3, 3 + len(pages))
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        *(_BLANK for _ in pages),
    ]
    made = b"%PDF-1.4\n" + b"".join(b"%%said:%s\n" % text.encode().hex().encode() for text in pages)
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, at = len(objects) + 1, len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return made + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, at)


def photo(text: str) -> bytes:
    """A picture of a page, as a phone takes it."""
    said = b"%%said:%s\n" % text.encode().hex().encode()
    return b"\xff\xd8\xff\xfe" + (len(said) + 2).to_bytes(2, "big") + said + b"\xff\xd9"


def see(content: bytes) -> list[str]:
    """The text of each page. Raises NoScan."""
    if not content.startswith((b"%PDF-", b"\xff\xd8\xff")):
        raise NoScan("neither PDF nor JPEG")
    return [bytes.fromhex(found.decode()).decode() for found in _SAID.findall(content)]
