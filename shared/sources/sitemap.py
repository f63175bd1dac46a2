"""What a sitemap lists, and what robots.txt allows.

Sources: sitemaps.org, "Sitemaps XML format"; RFC 9309.
"""

import gzip
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

MAX_SITEMAP_BYTES = 50_000_000
"""Unpacked, as the format allows."""

_GZIP = b"\x1f\x8b"
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class NoSitemap(Exception):
    """It is none that can be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """Addresses of pages, and of more sitemaps."""

    pages: Sequence[str]
    sitemaps: Sequence[str]


def sitemap_of(body: bytes) -> Sitemap:
    """Read one, packed or not. Raises NoSitemap."""
    if body.startswith(_GZIP):
        body = _unpacked(body)
    if _ENTITIES.search(body[:4_096]):
        raise NoSitemap("declares entities")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 (without entities nothing grows)
    except (ElementTree.ParseError, ValueError) as error:
        raise NoSitemap(f"is no XML ({error})") from None
    kind = _bare(root.tag)
    if kind not in ("urlset", "sitemapindex"):
        raise NoSitemap(f"is <{kind}>, neither <urlset> nor <sitemapindex>")
    places = [
        (place.text or "").strip()
        for entry in root
        for place in entry
        if _bare(place.tag) == "loc" and place.text
    ]
    return Sitemap(places, ()) if kind == "urlset" else Sitemap((), places)


def robots_of(body: bytes) -> RobotFileParser:
    """Read a robots.txt, whatever stands in it."""
    robots = RobotFileParser()
    robots.parse(body.decode("utf-8", "replace").removeprefix("\ufeff").splitlines())
    return robots


def _unpacked(body: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            unpacked = file.read(MAX_SITEMAP_BYTES + 1)
    except (OSError, EOFError) as error:
        raise NoSitemap(f"is no gzip file ({error})") from None
    if len(unpacked) > MAX_SITEMAP_BYTES:
        raise NoSitemap(f"is over {MAX_SITEMAP_BYTES // 1_000_000} MB")
    return unpacked


def _bare(tag: str) -> str:
    return tag.rpartition("}")[2]
