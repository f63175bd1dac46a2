"""A help centre: what robots.txt and the list of hosts leave out, and sitemaps that are none."""

import gzip
from collections.abc import AsyncIterator

import pytest

from shared.errors import Unavailable
from shared.media.fetch import Fetcher
from shared.ports.documents import Listed
from shared.sources.sitemap import NoSitemap, sitemap_of
from shared.sources.website import Website
from tests.contract.web_servers import HelpCentre

PAGES = "<urlset><url><loc>https://a.example/1</loc><lastmod>2026</lastmod></url></urlset>"


@pytest.fixture
async def centre() -> AsyncIterator[HelpCentre]:
    async with HelpCentre() as server:
        server.put("en/vpn", "VPN")
        server.put("de/vpn", "VPN")
        server.put("intern/pay", "Pay")
        yield server


def website(centre: HelpCentre, under: str = "") -> Website:
    return Website(f"{centre.url}/sitemap.xml", Fetcher(), under=under, local=True)


async def listed(site: Website) -> dict[str, Listed]:
    return {document.name: document async for document in site.listed()}


async def test_robots_are_kept_to(centre: HelpCentre) -> None:
    centre.robots = "User-agent: *\nDisallow: /intern/\n"

    found = await listed(website(centre))

    assert found["intern/pay.html"].left_out == "robots.txt does not allow it"
    assert not found["en/vpn.html"].left_out
    assert "intern/pay" not in centre.asked


async def test_a_site_whose_robots_cannot_be_asked_is_left_alone(centre: HelpCentre) -> None:
    site = website(centre)
    document = (await listed(site))["en/vpn.html"]
    centre.status = 500

    with pytest.raises(Unavailable):
        await listed(website(centre))
    with pytest.raises(Unavailable):
        await website(centre).content(document)


async def test_pages_of_other_hosts_are_named_and_not_fetched(centre: HelpCentre) -> None:
    centre.foreign = ["https://elsewhere.example/page", "https://169.254.169.254/latest"]

    left = {name: one.left_out for name, one in (await listed(website(centre))).items()}

    assert left["page.html"] == "stands on elsewhere.example; add it to hosts"
    assert left["latest.html"] == "stands on 169.254.169.254; add it to hosts"


async def test_a_part_of_a_site_is_taken_by_its_path(centre: HelpCentre) -> None:
    assert list(await listed(website(centre, under="/en/"))) == ["en/vpn.html"]


@pytest.mark.parametrize("has_tags", [True, False])
async def test_a_page_is_sent_again_only_when_it_has_changed(
    centre: HelpCentre, has_tags: bool
) -> None:
    centre.has_tags = has_tags
    site = website(centre)
    document = (await listed(site))["en/vpn.html"]
    first = await site.content(document)
    assert first is not None

    assert await site.content(document, first.version) is None
    assert await site.content(document, "not what we wrote") is not None
    assert centre.unchanged == 1


def test_a_packed_sitemap_is_read() -> None:
    assert sitemap_of(gzip.compress(PAGES.encode())).pages == ["https://a.example/1"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is no XML"),
        (b"<html></html>", "is <html>"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><urlset/>", "declares entities"),
        (b"\x1f\x8bbroken", "is no gzip file"),
        (b"<urlset>" + b"\xff" * 9, "is no XML"),
    ],
)
def test_what_is_no_sitemap_is_told(body: bytes, said: str) -> None:
    with pytest.raises(NoSitemap, match=said):
        sitemap_of(body)
