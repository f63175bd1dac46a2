"""A person signs in on Teams: the card, what clients post, and the message that waited for it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

import pytest

from shared.bot import Quota
from shared.dialogue.phrases import phrase
from shared.errors import Rejected
from shared.observability.log import JsonFormatter
from shared.ports.store import Delete, every
from shared.records import sign_in_try
from shared.records.signed_in import DOCUMENT
from shared.skill import Skill
from shared.turn import Turn
from stand_ins.entra.directory import CLIENT_ID
from stand_ins.entra.people import Sample
from stand_ins.entra.tokens import LIFETIME_SECONDS, app_token
from tests.teams_people import CONNECTION, TeamsPeople, people_on_teams

EXCHANGE, VERIFY = "signin/tokenExchange", "signin/verifyState"
DONE = phrase("en", "signin.done", name="Henry Human")


def greeter() -> Skill:
    skill = Skill("greeter", "Greets whom it knows")

    @skill.on_message
    async def greet(turn: Turn) -> None:
        turn.reply("before")
        person = await turn.sign_in()
        turn.reply(f"hello {person.name} of {len(person.groups)}: {turn.text}")

    return skill


@pytest.fixture
async def teams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TeamsPeople]:
    async with people_on_teams(tmp_path, monkeypatch, greeter()) as people:
        yield people


async def forget(teams: TeamsPeople) -> None:
    """As when the hours are over for which the platform knows who somebody is."""
    store = teams.fabric.store
    people = [item async for item in every(store, DOCUMENT) if item.id == DOCUMENT]
    assert people
    for item in people:
        await store.write(item.partition, Delete(item.id))


async def test_the_message_is_answered_once_the_client_has_signed_the_person_in(
    teams: TeamsPeople,
) -> None:
    await teams.say("henry", "who am I")
    card = teams.card("henry")

    assert teams.heard("henry") == []
    assert card["connectionName"] == CONNECTION
    assert card["buttons"][0]["type"] == "signin"
    assert await teams.exchange("henry", card) == (200, None)
    await teams.fabric.drain()
    assert teams.heard("henry") == [DONE, "before", "hello Henry Human of 2: who am I"]

    await teams.say("henry", "and now")
    assert teams.heard("henry")[-1] == "hello Henry Human of 2: and now"
    assert len(teams.cards("henry")) == 1


async def test_it_is_taken_up_after_a_restart(teams: TeamsPeople) -> None:
    await teams.say("henry", "who am I")
    for name in ("store", "bus"):
        await getattr(teams.fabric, name).close()
        del teams.fabric.__dict__[name]

    await teams.exchange("henry", teams.card("henry"))
    await teams.fabric.drain()

    assert teams.heard("henry")[-1] == "hello Henry Human of 2: who am I"


async def test_two_devices_that_exchange_at_once_are_answered_alike_and_count_once(
    teams: TeamsPeople,
) -> None:
    await teams.say("henry", "who am I")
    card = teams.card("henry")

    answers = await asyncio.gather(*(teams.exchange("henry", card) for _ in range(4)))
    await teams.fabric.drain()
    late = await teams.exchange("henry", card)
    await teams.fabric.drain()

    assert answers == [(200, None)] * 4
    assert late == (200, None)
    assert teams.entra.tokens.exchanged == 1
    assert teams.heard("henry") == [DONE, "before", "hello Henry Human of 2: who am I"]


async def test_without_consent_the_client_falls_back_to_the_button(teams: TeamsPeople) -> None:
    teams.entra.tokens.unconsented.add("henry")
    await teams.say("henry", "who am I")
    card = teams.card("henry")

    status, body = await teams.exchange("henry", card)
    assert (status, body["id"]) == (412, card["tokenExchangeResource"]["id"])
    assert set(body) == {"id", "connectionName", "failureDetail"}

    code = await teams.press(card, "henry")
    assert await teams.invoke("henry", VERIFY, {"state": code}) == (200, None)
    await teams.fabric.drain()
    assert teams.heard("henry")[-1] == "hello Henry Human of 2: who am I"


async def test_who_has_consented_meanwhile_is_signed_in_by_the_same_card(
    teams: TeamsPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams.entra.tokens.unconsented.add("henry")
    await teams.say("henry", "who am I")
    card = teams.card("henry")
    assert (await teams.exchange("henry", card))[0] == 412

    teams.entra.tokens.unconsented.clear()
    assert (await teams.exchange("henry", card))[0] == 412  # another device's copy of the first
    monkeypatch.setattr(sign_in_try, "time", lambda: time() + sign_in_try.COPIES_SECONDS + 1)
    assert (await teams.exchange("henry", card))[0] == 200
    await teams.fabric.drain()

    assert teams.heard("henry")[-1] == "hello Henry Human of 2: who am I"


async def test_a_code_may_be_typed_where_the_client_does_not_hand_it_on(
    teams: TeamsPeople,
) -> None:
    await teams.say("henry", "who am I")
    code = await teams.press(teams.card("henry"), "henry")

    await teams.say("henry", "000000" if code != "000000" else "111111")
    assert teams.heard("henry") == [phrase("en", "signin.miss")]
    await teams.say("henry", code)

    assert teams.heard("henry")[-1] == "hello Henry Human of 2: who am I"


async def test_signing_out_forgets_the_person_here_and_in_the_token_service(
    teams: TeamsPeople,
) -> None:
    await teams.sign_in("henry", "who am I")

    await teams.say("henry", "/sign-out")
    assert teams.heard("henry")[-1] == phrase("en", "signin.out")
    assert teams.entra.tokens.holders == set()
    await teams.say("henry", "who am I")

    assert len(teams.cards("henry")) == 2


async def test_who_is_signed_in_there_still_is_not_asked_again(teams: TeamsPeople) -> None:
    await teams.sign_in("henry", "who am I")
    await forget(teams)

    await teams.say("henry", "once more")

    assert teams.heard("henry")[-2:] == ["before", "hello Henry Human of 2: once more"]
    assert len(teams.cards("henry")) == 1


async def test_while_the_token_service_is_away_the_person_is_told_and_the_message_waits(
    teams: TeamsPeople,
) -> None:
    teams.entra.tokens.away = True
    await teams.post("henry", {"type": "message", "text": "who am I"})
    await teams.fabric.drain(until=lambda: bool(teams.heard("henry")))
    assert teams.heard("henry") == [phrase("en", "platform.waiting")]

    teams.entra.tokens.away = False
    await teams.fabric.drain()
    await teams.exchange("henry", teams.card("henry"))
    await teams.fabric.drain()

    assert teams.heard("henry")[-1] == "hello Henry Human of 2: who am I"


async def test_a_token_service_that_goes_away_meanwhile_is_asked_again_later(
    teams: TeamsPeople,
) -> None:
    await teams.say("henry", "who am I")
    teams.entra.tokens.away = True

    assert (await teams.exchange("henry", teams.card("henry")))[0] == 412
    await teams.fabric.drain(until=lambda: bool(teams.heard("henry")))
    assert teams.heard("henry") == [phrase("en", "platform.waiting")]

    teams.entra.tokens.away = False
    await teams.fabric.drain()
    assert len(teams.cards("henry")) == 2
    await teams.exchange("henry", teams.card("henry"))
    await teams.fabric.drain()
    assert teams.heard("henry")[-1] == "hello Henry Human of 2: who am I"


async def test_signing_in_uses_no_turn_of_the_persons_quota(teams: TeamsPeople) -> None:
    bot = teams.fabric.bots["lab"]
    teams.fabric.bots["lab"] = replace(bot, quota=Quota(turns_per_user_per_day=1))

    await teams.sign_in("henry", "who am I")
    assert teams.heard("henry")[-1] == "hello Henry Human of 2: who am I"

    await teams.say("henry", "and now")
    assert teams.heard("henry")[-1] == phrase("en", "platform.quota_used")


@pytest.mark.parametrize(("late", "status"), [(200, 200), (400, 412)])
async def test_clocks_may_differ_by_less_than_five_minutes(
    teams: TeamsPeople, late: int, status: int
) -> None:
    await teams.say("henry", "who am I")
    ends = time() - late - LIFETIME_SECONDS
    teams.entra.clock = lambda: ends

    assert (await teams.exchange("henry", teams.card("henry")))[0] == status


# --- what strangers try ------------------------------------------------------------------------


async def test_a_proof_of_somebody_else_signs_nobody_in(teams: TeamsPeople) -> None:
    await teams.say("erika", "who am I")
    card = teams.card("erika")

    stolen = teams.entra.tokens.client_token("henry")
    assert (await teams.exchange("erika", card, token=stolen))[0] == 412
    await teams.fabric.drain()

    assert teams.heard("erika") == []


async def test_whom_teams_does_not_name_is_signed_in_by_no_card(teams: TeamsPeople) -> None:
    nameless = {"from": {"id": "29:henry", "name": "Henry Human"}}
    await teams.post("henry", {"type": "message", "text": "who am I", **nameless})
    await teams.fabric.drain()
    card = teams.card("henry")
    proof = {
        "id": card["tokenExchangeResource"]["id"],
        "connectionName": CONNECTION,
        "token": teams.entra.tokens.client_token("henry"),
    }

    assert (await teams.invoke("henry", EXCHANGE, proof, **nameless))[0] == 412


async def test_a_card_is_good_in_the_chat_it_was_shown_in_alone(teams: TeamsPeople) -> None:
    await teams.say("henry", "who am I")
    await teams.say("erika", "who am I")

    assert (await teams.exchange("erika", teams.card("henry")))[0] == 412
    assert (await teams.invoke("carl", EXCHANGE, {"id": "x", "token": "y"}))[0] == 412
    assert teams.entra.tokens.exchanged == 0


async def test_a_stolen_code_is_worth_nothing_in_another_chat(teams: TeamsPeople) -> None:
    await teams.say("henry", "who am I")
    await teams.say("erika", "who am I")
    code = await teams.press(teams.card("henry"), "henry")

    assert (await teams.invoke("erika", VERIFY, {"state": code}))[0] == 412
    assert (await teams.invoke("henry", VERIFY, {"state": code}))[0] == 200
    await teams.fabric.drain()
    assert (await teams.invoke("erika", VERIFY, {"state": code}))[0] == 412
    assert teams.heard("erika") == []


async def test_who_presses_a_button_that_was_passed_on_lends_nobody_their_name(
    teams: TeamsPeople,
) -> None:
    await teams.say("erika", "who am I")
    code = await teams.press(teams.card("erika"), "henry")

    assert (await teams.invoke("erika", VERIFY, {"state": code}))[0] == 412
    await teams.fabric.drain()
    assert teams.heard("erika") == []


async def test_a_code_is_good_once(teams: TeamsPeople) -> None:
    await teams.say("henry", "who am I")
    code = await teams.press(teams.card("henry"), "henry")
    await teams.invoke("henry", VERIFY, {"state": code})
    await teams.fabric.drain()
    await teams.say("henry", "/sign-out")
    await teams.say("henry", "who am I")

    await teams.invoke("henry", VERIFY, {"state": code})
    await teams.fabric.drain()

    assert teams.heard("henry")[-1] == phrase("en", "signin.out")


@pytest.mark.parametrize("wrong", ["expired", "tenant", "issuer", "audience", "forged"])
async def test_what_the_token_service_keeps_is_checked_as_well(
    teams: TeamsPeople, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await teams.say("henry", "who am I")
    card, entra = teams.card("henry"), teams.entra
    await teams.fabric.people.directory._keys.find(entra.signer.key_id)
    if wrong == "tenant":
        entra.signer.tenant = "99999999-9999-4999-8999-999999999999"
    if wrong == "issuer":
        entra.signer.issuer = "https://login.microsoftonline.com/elsewhere/v2.0"
    if wrong == "expired":
        entra.clock = lambda: 1e9
    henry = entra.named("henry")
    assert henry
    kept = entra.access(henry, "another" if wrong == "audience" else CLIENT_ID)
    if wrong == "forged":
        kept = kept[:-8] + ("A" * 8 if kept[-8:] != "A" * 8 else "B" * 8)
    monkeypatch.setattr(entra.tokens, "_token", lambda holder: {"token": kept})

    assert (await teams.exchange("henry", card, token=entra.access(henry, CLIENT_ID)))[0] == 412
    await teams.fabric.drain()

    assert teams.heard("henry") == []


async def test_a_token_that_vouches_for_an_app_is_nobodys(teams: TeamsPeople) -> None:
    token = app_token(teams.entra.signer, CLIENT_ID, CLIENT_ID)

    with pytest.raises(Rejected, match="sign_in_nobody"):
        await teams.fabric.people.sign_in.person(token)


@pytest.mark.parametrize(
    "value", [None, 7, "x", [], {}, {"state": 7}, {"state": "x" * 500}, {"id": ["x"], "token": {}}]
)
@pytest.mark.parametrize("name", [EXCHANGE, VERIFY])
async def test_what_a_stranger_posts_is_412_and_asks_nobody(
    teams: TeamsPeople, name: str, value: Any
) -> None:
    status, body = await teams.invoke("henry", name, value)

    assert status == 412
    assert set(body) == {"id", "connectionName", "failureDetail"}
    assert teams.entra.asked == []


async def test_a_client_that_cannot_exchange_says_why_in_the_log(
    teams: TeamsPeople, caplog: pytest.LogCaptureFixture
) -> None:
    value = {"code": "resourcematchfailed", "message": "Resource match failed"}

    assert await teams.invoke("henry", "signin/failure", value) == (200, None)
    assert any("resourcematchfailed" in JsonFormatter().format(r) for r in caplog.records)


async def test_somebody_who_is_deleted_meanwhile_is_asked_to_sign_in_again(
    teams: TeamsPeople,
) -> None:
    await teams.sign_in("henry", "who am I")
    await forget(teams)
    token = teams.entra.tokens.client_token("henry")
    teams.entra.removed.add("henry")

    await teams.say("henry", "once more")

    assert len(teams.cards("henry")) == 2
    assert (await teams.exchange("henry", teams.card("henry"), token=token))[0] == 412


async def test_300_groups_are_read_from_graph_and_nobody_is_let_in_without(
    teams: TeamsPeople,
) -> None:
    many = tuple(f"group-{n}" for n in range(300))
    teams.entra.people = (Sample("max", "Max Many", "in many groups", many),)
    teams.entra.graph_status = 429
    await teams.say("max", "who am I")
    assert (await teams.exchange("max", teams.card("max")))[0] == 412

    teams.entra.graph_status = 200
    await teams.fabric.drain()
    assert teams.heard("max")[-1] == "hello Max Many of 300: who am I"
