"""Only a token that the connector signed for this bot, now, opens the door."""

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.errors import Rejected
from tests.contract.channels.connector import (
    APP_ID,
    KEYS,
    OPENID,
    TENANT,
    jwk,
    publish,
    rsa_key,
    segment,
    signed_parts,
    token,
)
from tests.contract.channels.teams import TeamsHarness, payload, post

MESSAGE = payload("personal-message")


@pytest.fixture
async def teams() -> AsyncIterator[TeamsHarness]:
    async with TeamsHarness() as harness:
        yield harness


@dataclass(frozen=True)
class At:
    """A time claim, in seconds from when the token is made."""

    offset: int
    form: Callable[[int], Any] = int


def minted(claims: dict[str, Any]) -> str:
    now = int(time.time())
    return token(
        **{k: v.form(now + v.offset) if isinstance(v, At) else v for k, v in claims.items()}
    )


async def status_of(teams: TeamsHarness, authorization: str) -> int:
    with pytest.raises(Rejected) as rejection:
        await teams.channel.receive(post(MESSAGE, authorization=authorization))
    return rejection.value.status


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"nbf": None},
        {"iat": At(-60)},
        {"exp": At(3600, float)},
        {"exp": At(-290)},
        {"nbf": At(290)},
        {"exp": At(24 * 3600)},
    ],
    ids=str,
)
async def test_a_connector_token_is_accepted(teams: TeamsHarness, claims: dict[str, Any]) -> None:
    received = await teams.channel.receive(post(MESSAGE, authorization=f"Bearer {minted(claims)}"))

    assert len(received.activities) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None},
        {"iss": ["https://api.botframework.com"]},
        {"iss": "https://api.botframework.us"},
        {"iss": "https://API.botframework.com"},
        {"iss": "https://api.botframework.com/"},
        {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0"},
        {"iss": f"https://sts.windows.net/{TENANT}/"},
        {"aud": None},
        {"aud": ""},
        {"aud": [APP_ID]},
        {"aud": APP_ID.upper()},
        {"aud": APP_ID + "x"},
        {"aud": "https://api.botframework.com"},
        {"exp": None},
        {"exp": At(-310)},
        {"exp": "tomorrow"},
        {"exp": At(3600, str)},
        {"exp": True},
        {"exp": At(3600, lambda time: [time])},
        {"exp": 10**400},
        {"exp": At(25 * 3600)},
        {"nbf": At(310)},
        {"nbf": At(0, str)},
        {"nbf": {}},
        {"iat": At(310)},
        {"iat": "yesterday"},
        {"iat": False},
        {"sub": 7},
    ],
    ids=lambda claims: str(claims).partition(" at 0x")[0][:60],
)
async def test_a_token_with_wrong_claims_is_401(
    teams: TeamsHarness, claims: dict[str, Any]
) -> None:
    assert await status_of(teams, f"Bearer {minted(claims)}") == 401


@pytest.mark.parametrize(
    "header",
    [
        {"alg": None},
        {"alg": "none"},
        {"alg": "rs256"},
        {"alg": "RS512"},
        {"alg": "PS256"},
        {"alg": ["RS256"]},
        {"kid": None},
        {"kid": ""},
        {"kid": 1},
        {"kid": "unknown"},
        {"kid": "../../etc/passwd"},
        {"kid": "key-1\x00"},
        {"jwk": jwk("key-1")},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False},
    ],
    ids=lambda header: str(header)[:40],
)
async def test_a_token_with_a_wrong_header_is_401(
    teams: TeamsHarness, header: dict[str, Any]
) -> None:
    assert await status_of(teams, f"Bearer {token(header=header)}") == 401


async def test_a_known_key_id_with_another_key_is_401(teams: TeamsHarness) -> None:
    assert await status_of(teams, f"Bearer {token(signed_by='attacker')}") == 401


async def test_the_public_key_is_no_shared_secret(teams: TeamsHarness) -> None:
    public = rsa_key("key-1").public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = token(header={"alg": "HS256"}).rpartition(".")[0]
    forged = f"{signed}.{segment(hmac.digest(pem, signed.encode(), 'sha256'))}"

    assert await status_of(teams, f"Bearer {forged}") == 401


@pytest.mark.parametrize("claims", [b"a", b"[]", b"{", b"[" * 9000, b"\xff"])
async def test_claims_that_are_no_object_are_401(teams: TeamsHarness, claims: bytes) -> None:
    head = token().split(".")[0]

    assert await status_of(teams, f"Bearer {signed_parts(head, segment(claims))}") == 401


async def test_exchanged_claims_break_the_signature(teams: TeamsHarness) -> None:
    head, claims, signature = token().split(".")
    changed = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"serviceurl": "https://x"}

    tampered = f"{head}.{segment(json.dumps(changed).encode())}.{signature}"

    assert await status_of(teams, f"Bearer {tampered}") == 401


def malformed() -> Iterator[str]:
    head, claims, signature = token().split(".")
    yield from ("", "Bearer", "Bearer ", "Bearer a b", "Bearer abc", "Bearer a.b", "Bearer a.b.c.d")
    yield from ("Bearer é.é.é", "Bearer ..", f"Bearer {head}.{claims}.", f"Basic {token()}")
    yield from (token(), f"bearer {token()}", f"Bearer  {token()}", f"Bearer {token()}\n")
    yield f"Bearer {token()},Bearer {token()}"
    yield f"Bearer {segment(b'not json')}.{claims}.{signature}"
    yield f"Bearer {segment(b'[]')}.{claims}.{signature}"
    yield f"Bearer {segment(b'[' * 9000)}.{claims}.{signature}"


@pytest.mark.parametrize("authorization", list(malformed()), ids=lambda value: repr(value[:24]))
async def test_anything_else_in_the_header_is_401(teams: TeamsHarness, authorization: str) -> None:
    assert await status_of(teams, authorization) == 401


async def test_an_over_long_header_is_431(teams: TeamsHarness) -> None:
    assert await status_of(teams, "Bearer " + "a" * 20_000) == 431


async def test_garbage_causes_no_fetch(teams: TeamsHarness) -> None:
    for authorization in malformed():
        await status_of(teams, authorization)
    await status_of(teams, f"Bearer {token(header={'alg': 'none'})}")
    await status_of(teams, f"Bearer {token(header={'kid': None})}")

    assert teams.service.heard(OPENID) == teams.service.heard(KEYS) == []


async def test_the_token_is_judged_before_the_body(teams: TeamsHarness) -> None:
    with pytest.raises(Rejected) as rejection:
        await teams.channel.receive(post(b"{", authorization="Bearer a.b.c"))

    assert rejection.value.status == 401


async def test_a_short_key_is_not_taken_from_the_endpoint(teams: TeamsHarness) -> None:
    weak = {**jwk("key-1"), "n": segment(b"\xc1" * 64)}
    publish(teams.service, weak, jwk("key-2"))

    assert await status_of(teams, f"Bearer {token()}") == 401
