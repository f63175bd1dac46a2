"""A person signs in: offer, browser, code, and the message that needed it is answered."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from functions.channels import sign_in as routes
from shared.activity import ConversationReference
from shared.dialogue.phrases import phrase
from shared.person import Person
from shared.pipeline.door import accept
from shared.pipeline.turns.signing_in import ARRIVED
from shared.records import sign_in
from shared.records.sign_in import Offer
from shared.records.signed_in import person_of
from shared.skill import Skill
from shared.text.languages import language_of
from shared.turn import Turn
from stand_ins.entra.keys import Signer
from stand_ins.entra.people import HR, STAFF, Sample
from stand_ins.entra.server import EntraServer
from stand_ins.entra.tokens import Subject, id_token
from tests.browser import Browser, code_in, link_in
from tests.lab import Lab

GREETED = "hello Henry Human of"


@pytest.fixture
async def entra() -> AsyncIterator[EntraServer]:
    async with EntraServer() as server:
        yield server


def greeter() -> Skill:
    skill = Skill("greeter", "Greets whom it knows")

    @skill.on_message
    async def greet(turn: Turn) -> None:
        turn.reply("before")
        person = await turn.sign_in()
        turn.reply(f"hello {person.name} of {sorted(person.groups)}: {turn.text}")

    return skill


@pytest.fixture
def fabric(lab: Callable[..., Lab], entra: EntraServer, monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = lab(greeter())
    settings = entra.settings
    made.settings = replace(
        made.settings,
        sign_in_authority=settings["FABRIC_SIGN_IN_AUTHORITY"],
        sign_in_client_id=settings["FABRIC_SIGN_IN_CLIENT_ID"],
        sign_in_client_secret=settings["FABRIC_SIGN_IN_CLIENT_SECRET"],
        graph_url=settings["FABRIC_GRAPH_URL"],
        public_url="http://localhost:7071",
    )
    monkeypatch.setattr(routes, "fabric", lambda: made)
    return made


async def ask(fabric: Lab, text: str, conversation: str = "one") -> list[str]:
    """What is said to it, in this turn and those that it brings about."""
    before = len(fabric.heard(conversation))
    await fabric.say(text, conversation=conversation)
    await fabric.drain()
    return fabric.heard(conversation)[before:]


async def offered(fabric: Lab, conversation: str = "one") -> str:
    [offer] = await ask(fabric, "who am I", conversation)
    return link_in(offer)


async def test_the_message_that_needed_it_is_answered_once_the_person_has_signed_in(
    fabric: Lab,
) -> None:
    code = await Browser().sign_in(await offered(fabric), "henry")

    done, before, greeting = await ask(fabric, f" {code.lower().replace('-', ' ')} ")

    assert done == phrase("en", "signin.done", name="Henry Human")
    assert (before, greeting) == ("before", f"{GREETED} {sorted([STAFF, HR])}: who am I")
    assert (await ask(fabric, "again"))[-1] == f"{GREETED} {sorted([STAFF, HR])}: again"
    assert len(await ask(fabric, "and elsewhere", "two")) == 1


async def test_all_that_waited_is_answered_in_its_order(fabric: Lab) -> None:
    await ask(fabric, "first")
    link = link_in((await ask(fabric, "second"))[0])

    answers = await ask(fabric, await Browser().sign_in(link, "henry"))

    assert [a.rpartition(": ")[2] for a in answers if a.startswith(GREETED)] == ["first", "second"]


async def test_it_is_taken_up_after_a_restart(fabric: Lab, tmp_path: object) -> None:
    code = await Browser().sign_in(await offered(fabric), "henry")
    await fabric.store.close()
    del fabric.__dict__["store"]

    assert (await ask(fabric, code))[-1].startswith(GREETED)


async def test_somebody_who_reads_articles_signs_in_without_a_question(fabric: Lab) -> None:
    [offer] = await ask(fabric, "/Sign-In")
    code = await Browser().sign_in(link_in(offer), "erika")

    done = phrase("en", "signin.done", name="Erika Employee")
    assert await ask(fabric, code) == [done]
    assert await ask(fabric, "/sign-in") == [done]


async def test_signing_out_forgets_the_person(fabric: Lab) -> None:
    await ask(fabric, await Browser().sign_in(await offered(fabric), "henry"))

    assert await ask(fabric, "/sign-out") == [phrase("en", "signin.out")]
    assert link_in((await ask(fabric, "who am I"))[0])
    assert await person_of(fabric.store, ConversationReference("lab", "web", "one")) is None


async def test_a_code_is_good_for_one_conversation_once(fabric: Lab) -> None:
    code = await Browser().sign_in(await offered(fabric), "henry")
    await offered(fabric, "two")

    assert await ask(fabric, code, "two") == [phrase("en", "signin.miss")]
    await ask(fabric, code, "one")
    await ask(fabric, "/sign-out", "one")
    await offered(fabric, "one")
    assert await ask(fabric, code, "one") == [phrase("en", "signin.miss")]


async def test_after_five_wrong_codes_the_right_one_is_wrong_too(fabric: Lab) -> None:
    code = await Browser().sign_in(await offered(fabric), "henry")

    said = [(await ask(fabric, f"BBBB-BBB{n}"))[0] for n in range(2, 7)]

    assert said == [phrase("en", "signin.miss")] * 4 + [phrase("en", "signin.over")]
    assert link_in((await ask(fabric, code))[0])


async def test_a_link_that_was_passed_on_signs_nobody_in_without_the_code(fabric: Lab) -> None:
    link = await offered(fabric)
    thief, victim = Browser(), Browser()
    _, _, headers = await thief.open(link)
    back = await victim.at_entra(headers["location"], "henry")

    assert (await victim.open(back))[0] == 403
    assert await victim.sign_in(link, "henry")
    assert (await thief.open(back))[0] == 403
    assert link_in((await ask(fabric, "who am I"))[0])


async def test_the_way_back_leads_there_once(fabric: Lab) -> None:
    browser = Browser()
    _, _, headers = await browser.open(await offered(fabric))
    back = await browser.at_entra(headers["location"], "henry")

    assert code_in((await browser.open(back))[1])
    status, page, _ = await browser.open(back)
    assert (status, code_in(page)) == (403, "")


@pytest.mark.parametrize(
    "link",
    [
        "http://localhost:7071/api/sign-in",
        "http://localhost:7071/api/sign-in?ticket=" + "x" * 5000,
        "http://localhost:7071/api/sign-in?ticket=%00",
        "http://localhost:7071/api/sign-in/callback",
        "http://localhost:7071/api/sign-in/callback?state=a.b&code=c",
        "http://localhost:7071/api/sign-in/callback?state=.&code=c",
        "http://localhost:7071/api/sign-in/callback?state=%C3%A9.%C3%A9",
    ],
)
async def test_what_a_stranger_makes_up_is_refused_and_asks_nobody(
    fabric: Lab, entra: EntraServer, link: str
) -> None:
    status, _, headers = await Browser("fabric-sign-in=b").open(link)

    assert status in (403, 404)
    assert "location" not in headers
    assert entra.asked == []


async def test_a_refusal_for_the_device_is_explained(fabric: Lab, entra: EntraServer) -> None:
    entra.refuses = "AADSTS530035: Access has been blocked by security defaults."
    browser = Browser()
    _, _, headers = await browser.open(await offered(fabric))
    status, page, _ = await browser.open(await browser.at_entra(headers["location"], "henry"))

    assert status == 403
    assert phrase("en", "signin.page-device") in page


async def test_300_groups_are_read_from_graph_and_none_when_it_does_not_tell(
    fabric: Lab, entra: EntraServer
) -> None:
    many = tuple(f"group-{n}" for n in range(300))
    entra.people = (Sample("max", "Max Many", "in many groups", many),)
    link = await offered(fabric)
    entra.graph_status = 429
    browser = Browser()
    _, _, headers = await browser.open(link)
    assert (await browser.open(await browser.at_entra(headers["location"], "max")))[0] == 503

    entra.graph_status = 200
    await ask(fabric, await Browser().sign_in(link, "max"))
    person = await person_of(fabric.store, ConversationReference("lab", "web", "one"))
    assert person
    assert len(person.groups) == 300


@pytest.mark.parametrize("wrong", ["nonce", "issuer", "audience", "expired"])
async def test_a_token_that_is_not_for_this_sign_in_is_refused(
    fabric: Lab, entra: EntraServer, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser()
    _, _, headers = await browser.open(await offered(fabric))
    address = headers["location"]
    if wrong == "nonce":
        address = address.replace("nonce=", "nonce=x")
    if wrong == "issuer":
        await fabric.people.directory._keys.find(entra.signer.key_id)
        entra.signer.issuer = "https://login.microsoftonline.com/elsewhere/v2.0"
    if wrong == "audience":
        monkeypatch.setattr("stand_ins.entra.grants.id_token", _for_another)
    if wrong == "expired":
        entra.clock = lambda: 1e9
    back = await browser.at_entra(address, "henry")

    status, page, _ = await browser.open(back)

    assert (status, code_in(page)) == (400, "")


def _for_another(signer: Signer, subject: Subject, client_id: str, **how: Any) -> str:
    return id_token(signer, subject, f"another than {client_id}", **how)


async def test_who_cannot_sign_in_here_is_told_so(fabric: Lab) -> None:
    fabric.settings = replace(fabric.settings, sign_in_client_id="")
    assert await ask(fabric, "who am I") == [phrase("en", "signin.nowhere")]
    assert (await Browser().open("http://localhost:7071/api/sign-in?ticket=x"))[0] == 404


async def test_a_code_is_good_for_one_message_which_may_come_twice(fabric: Lab) -> None:
    offer, _ = Offer.new("lab.web.x", "lab", "en")
    await fabric.store.write(offer.partition, offer.closing("BBBB-CCCC", Person("o", "t")))

    async def redeem(by: str) -> Person | None:
        redeemed = await sign_in.redeemed(fabric.store, offer.id, "BBBB-CCCC", by=by)
        return redeemed.person if redeemed else None

    assert await redeem("first") == await redeem("first") == Person("o", "t")
    assert await redeem("second") is None


async def test_nobody_takes_up_an_offer_by_the_name_of_the_platforms_event(fabric: Lab) -> None:
    await offered(fabric)
    before = fabric.heard()
    inbound = fabric.inbound("")
    inbound.activity.update(type="event", name=ARRIVED)

    await accept.accept(fabric, [inbound])
    await fabric.drain()

    assert fabric.heard() == before


async def test_a_code_that_looks_like_another_language_is_answered_in_the_persons(
    fabric: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.records.sign_in.new_code", lambda: "6KT8-BKQF")
    code = await Browser().sign_in(await offered(fabric), "henry")

    assert language_of(code) == "nl"
    assert (await ask(fabric, code))[0] == phrase("en", "signin.done", name="Henry Human")
