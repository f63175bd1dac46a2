"""App Service Authentication in front: believed where a setting says so, and nowhere else."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from functions import operator
from functions.operator import ROUTES
from shared.errors import ConfigurationError, Rejected
from shared.governance.access import Access, Grant
from shared.governance.roles import Role
from shared.identity.principal import HEADER, claims_of
from shared.settings import LAPTOP_TENANT, Settings
from shared.skill import Skill
from tests.lab import Lab
from tests.operators import bearer
from tests.unit.operations.requests import get

OID = "11111111-2222-4333-8444-aaaaaaaaaaaa"
_URI = "http://schemas.microsoft.com/identity/claims"


def principal(*claims: tuple[str, Any], provider: str = "aad", **named: str) -> dict[str, str]:
    given = {f"{_URI}/objectidentifier": OID, f"{_URI}/tenantid": LAPTOP_TENANT, **named}
    rows = [{"typ": typ, "val": val} for typ, val in [*given.items(), *claims]]
    body = {"auth_typ": provider, "name_typ": "name", "role_typ": "roles", "claims": rows}
    return {HEADER: base64.b64encode(json.dumps(body).encode()).decode()}


@pytest.fixture
def fabric(lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = lab(Skill("echo", "Says it again"))
    made.settings = replace(made.settings, app_service_auth=True)
    made.access = Access([Grant(f"user:{OID}", Role.OWNER, frozenset({"*"}))])
    monkeypatch.setattr(operator, "fabric", lambda: made)
    return made


async def status(headers: dict[str, str], route: str = "ops_bots", method: str = "GET") -> int:
    answer = await ROUTES[route].respond(get("ops", headers, method))
    return int(answer.status_code)


async def test_whom_the_platform_vouches_for_is_let_in(fabric: Lab) -> None:
    assert await status(principal()) == 200


async def test_where_no_setting_says_so_the_header_is_a_strangers(fabric: Lab) -> None:
    fabric.settings = replace(fabric.settings, app_service_auth=False)

    assert await status(principal()) == 401


async def test_roles_and_groups_grant_as_those_of_a_token_do(fabric: Lab) -> None:
    fabric.access = Access(
        [
            Grant("role:Fabric.Auditor", Role.AUDITOR, frozenset({"*"})),
            Grant("group:g-2", Role.AUDITOR, frozenset({"*"})),
        ]
    )

    assert await status(principal()) == 403
    assert await status(principal(("roles", "Other"), ("roles", "Fabric.Auditor"))) == 200
    assert await status(principal(("groups", "g-1"), ("groups", "G-2"))) == 200


async def test_a_token_goes_before_the_header(fabric: Lab) -> None:
    headers = principal()

    assert await status({**headers, "authorization": "Bearer a.b.c"}) == 401
    fabric.access = replace(fabric.access, laptop=True, grants=())
    assert await status({**headers, **bearer(fabric.settings, Role.AUDITOR)}) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {HEADER: "%%%"},
        {HEADER: "e30="},
        {HEADER: base64.b64encode(b"[" * 5000).decode()},
        {HEADER: base64.b64encode(b'{"auth_typ": "aad", "claims": [7]}').decode()},
        {HEADER: base64.b64encode(b'{"auth_typ": "aad", "claims": {"typ": "oid"}}').decode()},
        {HEADER: base64.b64encode(b"\xff\xfe").decode()},
        {HEADER: "\u00e9"},
        principal(provider="google"),
        principal(("oid", "somebody else")),
        principal(("roles", 7)),
        principal(**{f"{_URI}/tenantid": "99999999-2222-4333-8444-555555555555"}),
        principal(("tid", LAPTOP_TENANT)),
    ],
)
async def test_what_is_no_principal_of_ours_opens_nothing(
    fabric: Lab, headers: dict[str, str]
) -> None:
    assert await status(headers) == 401


async def test_an_over_long_header_is_431(fabric: Lab) -> None:
    with pytest.raises(Rejected, match="431"):
        claims_of("A" * 20_000)


async def test_another_site_cannot_have_a_session_do_anything(fabric: Lab) -> None:
    deed = ("ops_person_erase", "POST")

    assert await status({**principal(), "sec-fetch-site": "cross-site"}, *deed) == 403
    assert await status({**principal(), "sec-fetch-site": "same-origin"}, *deed) == 400
    assert await status({**principal(), "sec-fetch-site": "cross-site"}) == 200


CLOUD = {
    "FABRIC_ENVIRONMENT": "cloud",
    "FABRIC_STORE_URL": "cosmos://acme.documents.azure.com/fabric",
    "FABRIC_BUS_URL": "servicebus://acme.servicebus.windows.net",
    "FABRIC_EVENTS_URL": "bus://",
    "FABRIC_AI_URL": "offline://",
}


@pytest.mark.parametrize(
    "environ",
    [
        {"FABRIC_ENVIRONMENT": "local", "FABRIC_APP_SERVICE_AUTH": "on"},
        {**CLOUD, "FABRIC_APP_SERVICE_AUTH": "on"},
        {**CLOUD, "FABRIC_APP_SERVICE_AUTH": "on", "WEBSITE_AUTH_ENABLED": "False"},
        {**CLOUD, "FABRIC_APP_SERVICE_AUTH": "yes"},
    ],
)
def test_it_is_refused_at_start_where_the_platform_is_not_in_front(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="FABRIC_APP_SERVICE_AUTH"):
        Settings.from_environ(environ)


def test_the_platform_says_itself_that_it_is_there() -> None:
    given = {**CLOUD, "FABRIC_APP_SERVICE_AUTH": "on", "WEBSITE_AUTH_ENABLED": "True"}

    assert Settings.from_environ(given).app_service_auth
    assert not Settings.from_environ(CLOUD).app_service_auth
