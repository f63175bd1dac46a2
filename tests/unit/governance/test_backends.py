"""What a bot may call, and what of the answer it sees: its manifest says so."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.governance import audit
from shared.governance.backends import NotGranted, check_rights, granted, without
from shared.ports.backend import Backend, BackendError, Call
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.crm.server import KEY, CrmServer
from tests.lab import Lab

GRANT = '[backends]\ncrm = ["read"]\n'


@pytest.fixture
async def crm() -> AsyncIterator[CrmServer]:
    async with CrmServer() as server:
        server.books.customers["ann"] = {"id": "ann", "tier": "gold", "iban": "DE00 1234"}
        yield server


def seller() -> Skill:
    skill = Skill("seller", "Sells", purpose="support")

    @skill.on_message
    async def serve(turn: Turn) -> None:
        crm = turn.backend("crm")
        if turn.text == "change":
            await crm.patch("/customers/{id}", id="ann", json={"tier": "lead"})
        turn.reply(str(await crm.get("/customers/{id}", id="ann")))

    return skill


@pytest.fixture
def fabric(lab: Callable[..., Lab], tmp_path: Path, crm: CrmServer) -> Callable[..., Lab]:
    declared = f'[crm]\nurl = "{crm.url}"\nkey = "{KEY}"\nguarded = ["iban"]\n'
    (tmp_path / "backends.toml").write_text(declared)
    return lambda manifest=GRANT: lab(seller(), manifest=manifest)


async def test_a_granted_read_is_answered_without_what_is_guarded_and_is_on_record(
    fabric: Callable[..., Lab],
) -> None:
    lab = fabric()
    await lab.say("who am I")
    await lab.drain()

    [answer] = lab.heard()
    assert "gold" in answer
    assert "DE00" not in answer
    [entry] = [entry async for entry in audit.entries(lab.store)]
    assert (entry.action, entry.outcome, entry.purpose) == ("backend.read", "done", "support")
    assert entry.target["backend"] == "crm GET /customers/{id}"
    assert entry.policy == "bots/lab.toml: [backends] crm"


async def test_a_bot_sees_a_guarded_field_that_its_manifest_names(
    fabric: Callable[..., Lab],
) -> None:
    lab = fabric('[backends]\ncrm = ["read", "iban"]\n')
    await lab.say("who am I")
    await lab.drain()

    assert "DE00" in lab.heard()[0]


@pytest.mark.parametrize("manifest", [GRANT, "[backends]\n", '[backends]\ncrm = ["write"]\n'])
async def test_what_is_not_granted_is_not_called_and_the_try_is_on_record(
    fabric: Callable[..., Lab], crm: CrmServer, manifest: str
) -> None:
    lab = fabric(manifest)
    key = await lab.say("change")
    await lab.drain()

    assert [heard.method for heard in crm.heard if heard.method == "PATCH"] == [
        "PATCH" for _ in range("write" in manifest)
    ]
    [letter] = await lab.items(key, "dead:")
    assert letter.body["reason"] == "backend_not_granted"
    [entry] = [entry async for entry in audit.entries(lab.store)]
    assert (entry.action, entry.outcome) == ("backend.call", "denied")


class Fake:
    """A backend that remembers its calls."""

    name = "crm"

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def call(self, call: Call) -> Any:
        self.calls.append(call)
        raise BackendError("crm", 422, {"iban": "DE00", "error": "no"})

    async def check(self) -> str:
        return ""

    async def close(self) -> None: ...

    async def denied(self, backend: str, operation: str, policy: str) -> None: ...

    def read(self, backend: str, operation: str, policy: str) -> None: ...


def bot(backends: dict[str, list[str]] | None) -> Bot:
    return Bot("b", "B", "o", "IT", ["s"], "s", backends=backends)


def usable(fake: Fake, rights: dict[str, list[str]] | None, *, local: bool) -> Backend:
    guarded = {"crm": frozenset({"iban"})}
    return granted(bot(rights), {"crm": fake}, guarded, fake, local=local)["crm"]


async def test_a_manifest_that_says_nothing_grants_nothing_in_the_cloud() -> None:
    fake, get = Fake(), Call("GET", "/", "GET /")

    with pytest.raises(NotGranted, match=r'bots/b.toml: \[backends\] .*write crm = \["read"\]'):
        await usable(fake, None, local=False).call(get)
    assert fake.calls == []
    with pytest.raises(BackendError):
        await usable(fake, None, local=True).call(get)


async def test_what_is_guarded_is_cut_from_a_refusal_too() -> None:
    with pytest.raises(BackendError) as caught:
        await usable(Fake(), {"crm": ["read"]}, local=True).call(Call("GET", "/", "GET /"))
    assert caught.value.answer == {"error": "no"}


def test_a_field_is_cut_however_deep_it_is() -> None:
    answer = {"rows": [{"iban": 1, "a": {"iban": 2, "b": 3}}], "iban": 4}
    assert without(answer, frozenset({"iban"})) == {"rows": [{"a": {"b": 3}}]}


def test_a_right_that_the_backend_does_not_know_stops_the_start() -> None:
    said = r'desk.toml: backends.crm: "rad" is no right; .*"read", "write", "iban"'
    with pytest.raises(ConfigurationError, match=said):
        check_rights(bot({"crm": ["rad"]}), {"crm": ["iban"]}, "desk.toml")
    check_rights(bot({"crm": ["read", "iban"]}), {"crm": ["iban"]}, "desk.toml")


def test_a_backend_that_is_not_there_stops_the_start() -> None:
    said = r'desk.toml: backends.crn: .* write one of "crm", "tickets"'
    with pytest.raises(ConfigurationError, match=said):
        check_rights(bot({"crn": ["read"]}), {"tickets": [], "crm": []}, "desk.toml")
