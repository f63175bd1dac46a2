"""Only the exact bytes that Meta signed, in the one form that Meta writes, are genuine."""

import hashlib
import hmac

import pytest

from shared.identity.signature import same, signed

SECRET = "app-secret"
BODY = b'{"text":"caf\\u00e9 https:\\/\\/example.com"}'


def digest(secret: str = SECRET, body: bytes = BODY, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


def test_the_raw_bytes_are_what_is_signed() -> None:
    assert signed(BODY, f"sha256={digest()}", [SECRET])
    assert not signed(BODY.replace(b"\\/", b"/"), f"sha256={digest()}", [SECRET])
    assert not signed(BODY[:-1] + b"~", f"sha256={digest()}", [SECRET])


def test_either_secret_counts_during_rotation() -> None:
    for secret in ("old", "new"):
        assert signed(BODY, f"sha256={digest(secret)}", ["old", "new"])
    assert not signed(BODY, f"sha256={digest('older')}", ["old", "new"])


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha256=",
        digest(),
        f"sha1={digest(algorithm='sha1')}",
        f"sha256={digest().upper()}",
        f"SHA256={digest()}",
        f"sha256={digest()[:32]}",
        f"sha256={digest()}00",
        f"sha256={digest()}\n",
        f" sha256={digest()}",
        f"sha256={digest()},sha256={digest()}",
        f"sha256={'0' * 64},sha256={digest()}",
        f"sha256={digest()[:-1]}é",
        f"sha256={'٣' * 64}",
        "sha256=" + "\ud800" * 64,
    ],
)
def test_any_other_form_of_the_header_is_refused(header: str) -> None:
    assert not signed(BODY, header, [SECRET])


@pytest.mark.parametrize("secrets", [[], [""]])
def test_no_secret_signs_nothing(secrets: list[str]) -> None:
    empty = hmac.new(b"", BODY, hashlib.sha256).hexdigest()

    assert not signed(BODY, f"sha256={empty}", secrets)


def test_texts_of_any_kind_can_be_compared() -> None:
    assert same("tést", "tést")
    assert not same("tést", "test")
    assert not same("\ud800", "x")
