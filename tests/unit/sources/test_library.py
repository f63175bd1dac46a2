"""A library of SharePoint: what a change means for paths and readers, and what Graph may do."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.clients.http import HttpClient
from shared.errors import Unavailable
from shared.ports.documents import Listed, Unreadable
from shared.sources.library_readers import readers_of
from stand_ins.sharepoint.drive import Drive
from tests.contract.places import LibraryPlace, a_library

STAFF = {"roles": ["read"], "grantedToV2": {"group": {"id": "STAFF"}}}
BOARD = {"roles": ["write"], "grantedToV2": {"group": {"id": "board"}}}


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[LibraryPlace]:
    async with a_library(tmp_path) as place:
        assert isinstance(place, LibraryPlace)
        yield place


def drive(library: LibraryPlace) -> Drive:
    return library.server.drives["documents"]


async def listed(library: LibraryPlace, tree: dict[str, Any]) -> dict[str, Listed]:
    return {document.name: document async for document in library.source(tree).listed()}


async def test_a_second_look_asks_for_changes_alone(library: LibraryPlace) -> None:
    for number in range(9):
        drive(library).put(f"docs/{number}.txt", b"x", [STAFF])
    tree: dict[str, Any] = {}
    await listed(library, tree)
    library.server.asked.clear()

    assert len(await listed(library, tree)) == 9
    assert len([one for one in library.server.asked if one.endswith("/delta")]) == 1


async def test_a_renamed_folder_renames_what_is_in_it(library: LibraryPlace) -> None:
    drive(library).put("docs/old/a.txt", b"x")
    tree: dict[str, Any] = {}
    assert list(await listed(library, tree)) == ["old/a.txt"]

    drive(library).rename("docs/old", "new")
    assert list(await listed(library, tree)) == ["new/a.txt"]

    drive(library).remove("docs/new")
    assert await listed(library, tree) == {}


async def test_a_permission_of_the_folder_above_counts_at_once(library: LibraryPlace) -> None:
    drive(library).put("docs/pay/a.txt", b"x")
    drive(library).permit("docs", [STAFF])
    tree: dict[str, Any] = {}
    assert (await listed(library, tree))["pay/a.txt"].readers == ["staff"]

    drive(library).permit("docs/pay", [BOARD])
    assert (await listed(library, tree))["pay/a.txt"].readers == ["board"]


async def test_a_forgotten_link_begins_anew(library: LibraryPlace) -> None:
    drive(library).put("docs/a.txt", b"x")
    tree: dict[str, Any] = {}
    await listed(library, tree)
    drive(library).put("docs/b.txt", b"x")
    drive(library).remove("docs/a.txt")
    drive(library).forget()

    assert list(await listed(library, tree)) == ["b.txt"]


async def test_a_link_to_elsewhere_gets_no_token(library: LibraryPlace) -> None:
    drive(library).put("docs/a.txt", b"x")
    tree = {"link": "https://evil.example/delta", "items": {"x": {}}}
    assert list(await listed(library, tree)) == ["a.txt"]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_what_graph_refuses_is_away_with_what_to_do(
    library: LibraryPlace, status: int
) -> None:
    tree: dict[str, Any] = {}
    await listed(library, tree)
    before = dict(tree)
    library.server.status = status

    with pytest.raises(Unavailable) as away:
        await listed(library, tree)

    assert "Entra gives no token" in str(away.value) or f"Graph answers {status}" in str(away.value)
    assert tree == before


async def test_a_document_without_content_is_named(library: LibraryPlace) -> None:
    with pytest.raises(Unreadable, match="answers 404"):
        await library.source({}).content(Listed("a.txt", handle="gone"))


def user(id: str) -> dict[str, Any]:
    return {"user": {"id": id}}


def site_user(login: str) -> dict[str, Any]:
    return {"roles": ["read"], "grantedToV2": {"siteUser": {"loginName": login}}}


GROUP = "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize(
    ("permission", "readers"),
    [
        (STAFF, {"staff"}),
        ({"roles": ["read"], "grantedToV2": user("ANN")}, {"user:ann"}),
        ({"roles": [], "grantedToV2": user("ann")}, set()),
        ({"roles": ["read"], "grantedToV2": {"siteGroup": {"id": "5"}}}, set()),
        (site_user(f"c:0t.c|tenant|{GROUP}"), {GROUP}),
        (site_user(f"c:0o.c|federateddirectoryclaimprovider|{GROUP}"), {GROUP}),
        (site_user(f"c:0o.c|federateddirectoryclaimprovider|{GROUP}_o"), set()),
        (site_user(f"c:0-.f|rolemanager|spo-grid-all-users/{GROUP}"), {"signed-in"}),
        (site_user("c:0(.s|true"), set()),
        (
            {"roles": ["read"], "link": {"scope": "users"}, "grantedToIdentitiesV2": [user("b")]},
            {"user:b"},
        ),
        (
            {
                "roles": ["read"],
                "link": {"scope": "anonymous"},
                "grantedToIdentitiesV2": [user("b")],
            },
            set(),
        ),
        ({"roles": ["read"], "link": {"scope": "organization"}}, set()),
        ("nonsense", set()),
        ({"roles": ["read"], "grantedToV2": "x", "grantedToIdentitiesV2": "y"}, set()),
    ],
)
def test_who_may_read_there_may_read_here_and_nobody_else(
    permission: Any, readers: set[str]
) -> None:
    assert readers_of([permission]) == readers


async def test_a_wrong_secret_says_what_to_check(library: LibraryPlace) -> None:
    from shared.identity.graph_token import GraphToken

    http = HttpClient()
    token = GraphToken(
        http,
        graph_url=library.server.settings["FABRIC_GRAPH_URL"],
        token_url=library.server.settings["FABRIC_TEAMS_TOKEN_URL"],
        credential=lambda: pytest.fail("an app was named"),
        tenant="t",
        client="someone",
        secret="wrong",
    )
    with pytest.raises(Unavailable, match=r"invalid_client.*check tenant, client and secret"):
        await token.get()
    await http.close()
