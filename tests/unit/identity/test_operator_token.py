"""Operators' tokens: what Entra signs for our API and tenant, and nothing else."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.errors import Rejected, Unavailable
from shared.identity.key_file import KeyFile
from shared.identity.operator_token import OperatorTokens
from stand_ins.entra.keys import Signer
from stand_ins.entra.tokens import Subject, access_token

TENANT, OTHER = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"
API = "api://bot-fabric"
V1 = f"https://sts.windows.net/{TENANT}/"


class Door:
    def __init__(self, folder: Path) -> None:
        self.signer = Signer(folder, TENANT)
        self.tokens = OperatorTokens(KeyFile(folder / "keys.json"), audience=API, tenant=TENANT)

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            **{"aud": API, "iss": self.signer.issuer, "tid": TENANT, "oid": "ann"},
            **{"iat": now, "nbf": now, "exp": now + 600},
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, **changed: Any) -> str:
        """As `jwt.encode` would, which refuses to write some wrong claims."""
        return jwt.api_jws.encode(
            json.dumps(self.claims(**changed)).encode(),
            self.signer._key,
            "RS256",
            {"kid": self.signer.key_id},
        )

    async def status(self, token: str) -> int:
        try:
            await self.tokens.validate(f"Bearer {token}")
        except Rejected as refusal:
            return refusal.status
        return 200


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path / "entra")


async def test_a_token_of_the_stand_in_says_who_it_is_and_what_was_granted(door: Door) -> None:
    ann = Subject("Ann", roles=["Fabric.Auditor"], groups=["g-1", "g-2"])

    caller = await door.tokens.validate(f"Bearer {access_token(door.signer, ann, API)}")

    assert caller.oid == ann.oid
    assert caller.roles == {"Fabric.Auditor"}
    assert caller.groups == {"g-1", "g-2"}


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "api://other"},
        {"aud": [API, "api://other"]},
        {"aud": None},
        {"iss": f"https://login.microsoftonline.com/{OTHER}/v2.0"},
        {"iss": "https://login.example/v2.0"},
        {"iss": None},
        {"iss": ["x"]},
        {"tid": OTHER},
        {"tid": 7},
        {"iss": "https://login.example/v2.0", "tid": TENANT},
        {"exp": 1},
        {"exp": None},
        {"exp": "later"},
        {"nbf": 4_000_000_000, "exp": 4_000_000_600},
        {"oid": None},
        {"oid": ""},
        {"oid": ["ann"]},
    ],
    ids=str,
)
async def test_a_token_with_a_wrong_claim_opens_nothing(
    door: Door, changed: dict[str, Any]
) -> None:
    assert await door.status(door.signer.sign(door.claims())) == 200

    assert await door.status(door.sign(**changed)) == 401


@pytest.mark.parametrize("changed", [{"iss": V1}, {"tid": None}])
async def test_both_versions_of_tokens_are_taken(door: Door, changed: dict[str, Any]) -> None:
    assert await door.status(door.signer.sign(door.claims(**changed))) == 200


async def test_clocks_may_differ_by_less_than_five_minutes(door: Door) -> None:
    early, late = int(time.time()) + 200, int(time.time()) - 200

    assert await door.status(door.signer.sign(door.claims(nbf=early, iat=early))) == 200
    assert await door.status(door.signer.sign(door.claims(exp=late))) == 200


async def test_a_forged_signature_or_header_opens_nothing(door: Door) -> None:
    genuine = door.signer.sign(door.claims())
    head, body, signature = genuine.split(".")
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    changed = base64.urlsafe_b64encode(json.dumps(door.claims(oid="eve")).encode()).decode()
    kid = {"kid": door.signer.key_id}
    forged = [
        f"{head}.{changed.rstrip('=')}.{signature}",
        f"{head}.{body}.",
        jwt.encode(door.claims(), stranger, algorithm="RS256", headers=kid),
        jwt.encode(door.claims(), stranger, algorithm="RS256", headers={"kid": "other"}),
        jwt.encode(door.claims(), "s" * 64, algorithm="HS256", headers=kid),
        jwt.encode(door.claims(), "", algorithm="none", headers=kid),
        jwt.encode(door.claims(), stranger, algorithm="RS256"),
        "",
        "a.b.c",
        genuine + " ",
    ]

    assert [await door.status(token) for token in forged] == [401] * len(forged)
    with pytest.raises(Rejected, match="431"):
        await door.tokens.validate("Bearer " + "a" * 20_000)


async def test_without_an_audience_or_a_tenant_nobody_is_let_in(door: Door, tmp_path: Path) -> None:
    token = f"Bearer {door.signer.sign(door.claims(aud=''))}"
    for audience, tenant in (("", TENANT), (API, ""), ("", "")):
        tokens = OperatorTokens(
            KeyFile(tmp_path / "entra" / "keys.json"), audience=audience, tenant=tenant
        )
        with pytest.raises(Rejected, match="401"):
            await tokens.validate(token)


async def test_without_keys_a_token_is_unknown_and_with_a_broken_file_unavailable(
    door: Door, tmp_path: Path
) -> None:
    token = f"Bearer {door.signer.sign(door.claims())}"
    nowhere = OperatorTokens(KeyFile(tmp_path / "none.json"), audience=API, tenant=TENANT)
    (tmp_path / "broken.json").write_text("[")
    broken = OperatorTokens(KeyFile(tmp_path / "broken.json"), audience=API, tenant=TENANT)

    with pytest.raises(Rejected, match="401"):
        await nowhere.validate(token)
    with pytest.raises(Unavailable):
        await broken.validate(token)


async def test_two_who_make_the_key_at_once_share_it(tmp_path: Path) -> None:
    first, second = Signer(tmp_path, TENANT), Signer(tmp_path, TENANT)

    assert first.key_id == second.key_id
    assert (tmp_path / "signing-key.pem").stat().st_mode & 0o077 == 0
