"""The call to Graph, what its answers mean for the message, and the pace of a number."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from shared.activity import Activity, ConversationReference
from shared.bot import Channels
from shared.errors import PermanentError, TransientError, Unavailable
from tests.contract.channels.stub import Answer
from tests.contract.channels.whatsapp import NUMBER, WhatsAppHarness, graph_error, whatsapp_bot

HI = Activity(type="message", text="hi", id="effect-1")
ANNA = ConversationReference(
    "helpdesk", "whatsapp", "NL.1", user="31655501001", account=NUMBER, reply_to="wamid.in.1"
)


@pytest.fixture
async def meta() -> AsyncIterator[WhatsAppHarness]:
    async with WhatsAppHarness() as harness:
        yield harness


async def send(
    meta: WhatsAppHarness, activity: Activity = HI, reference: ConversationReference = ANNA
) -> str:
    return await meta.channel.send(meta.bot, reference, activity)


# --- the call ----------------------------------------------------------------------------------


async def test_a_message_is_posted_for_the_bots_number(meta: WhatsAppHarness) -> None:
    assert await send(meta) == "wamid.sent.1"

    [call] = meta.sent
    assert (call.method, call.path) == ("POST", f"/v24.0/{NUMBER}/messages")
    assert call.headers["Authorization"] == "Bearer access-token-1"
    assert call.json()["text"] == {"body": "hi"}
    assert "context" not in call.json()


async def test_typing_marks_the_persons_message_as_read(meta: WhatsAppHarness) -> None:
    meta.service.answers.append(Answer(200, {"success": True}))

    assert await send(meta, Activity(type="typing")) == ""

    assert meta.sent[0].json() == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.in.1",
        "typing_indicator": {"type": "text"},
    }


@pytest.mark.parametrize("type", ["typing", "event", "endOfConversation", "trace"])
async def test_what_nobody_would_see_is_not_sent(meta: WhatsAppHarness, type: str) -> None:
    assert await send(meta, Activity(type=type), ANNA.proactive()) == ""

    assert meta.sent == []


async def test_what_needs_several_messages_has_to_be_split(meta: WhatsAppHarness) -> None:
    long = Activity(type="message", text="x" * 4097)

    with pytest.raises(PermanentError) as error:
        await send(meta, long)

    assert error.value.reason == "too_long"
    assert meta.sent == []
    assert [await send(meta, part) for part in meta.channel.split(long)] == ["wamid.sent.1"] * 2


async def test_without_an_access_token_nothing_is_sent_and_the_setting_is_named(
    meta: WhatsAppHarness,
) -> None:
    meta.rebuild(whatsapp_access_token="")

    with pytest.raises(PermanentError, match="FABRIC_WHATSAPP_ACCESS_TOKEN"):
        await send(meta)

    assert meta.sent == []
    assert "FABRIC_WHATSAPP_ACCESS_TOKEN" in await meta.channel.check()


async def test_a_bot_that_is_not_on_whatsapp_says_so(meta: WhatsAppHarness) -> None:
    other = replace(meta.bot, channels=Channels())

    with pytest.raises(PermanentError, match=r"bots/helpdesk\.toml"):
        await meta.channel.send(other, ANNA, HI)


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"messages": []}, {"messages": [7]}, {"messages": [{"id": 7}]}]
)
async def test_an_accepted_message_without_an_id_is_sent(
    meta: WhatsAppHarness, answer: Any
) -> None:
    meta.service.answers.append(Answer(200, answer))

    assert await send(meta) == ""


# --- what an answer means ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "after"),
    [
        (1, None),
        (2, None),
        (4, 60),
        (80007, 60),
        (130429, 1),
        (131000, None),
        (131016, None),
        (131056, 6),
        (131057, 300),
        (133016, 600),
    ],
)
@pytest.mark.parametrize("status", [400, 429, 500])
async def test_these_codes_pass_by_themselves(
    meta: WhatsAppHarness, code: int, after: float | None, status: int
) -> None:
    meta.service.answers.append(graph_error(code, status))

    with pytest.raises(TransientError) as error:
        await send(meta)

    assert error.value.after == after
    vague = code in (1, 2, 131000, 131016)
    assert error.value.maybe_done == (vague and status == 500), "only a server error is a doubt"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_unknown_code_of_a_server_error_is_tried_again(
    meta: WhatsAppHarness, status: int
) -> None:
    meta.service.answers.append(graph_error(987654, status))

    with pytest.raises(TransientError) as error:
        await send(meta)

    assert error.value.maybe_done


@pytest.mark.parametrize("status", [400, 403, 500])
async def test_what_meta_calls_transient_is_tried_again(meta: WhatsAppHarness, status: int) -> None:
    said = {"code": 987654, "is_transient": True}
    meta.service.answers.append(Answer(status, {"error": said}))

    with pytest.raises(TransientError):
        await send(meta)


async def test_a_known_code_is_final_whatever_meta_calls_it(meta: WhatsAppHarness) -> None:
    meta.service.answers.append(Answer(500, {"error": {"code": 131026, "is_transient": True}}))

    with pytest.raises(PermanentError):
        await send(meta)


async def test_a_page_in_the_place_of_an_answer_is_a_doubt(meta: WhatsAppHarness) -> None:
    meta.service.answers.append(Answer(200, raw=b"\n<!doctype html><p>proxy</p>"))

    with pytest.raises(TransientError) as error:
        await send(meta)

    assert error.value.maybe_done


@pytest.mark.parametrize(
    ("source", "again"), [("https://files.example/a.png", True), ("whatsapp:media/7", False)]
)
async def test_a_file_that_meta_fetches_is_tried_again_for_minutes(
    meta: WhatsAppHarness, source: str, again: bool
) -> None:
    meta.service.answers.append(graph_error(131053))
    picture = {"contentType": "image/png", "contentUrl": source}

    with pytest.raises(TransientError if again else PermanentError) as error:
        await send(meta, Activity(type="message", attachments=[picture]))

    if isinstance(error.value, TransientError):
        assert (error.value.after, error.value.within) == (5, 600)


@pytest.mark.parametrize("after", [0, 30])
async def test_retry_after_has_the_last_word(meta: WhatsAppHarness, after: int) -> None:
    meta.service.answers.append(graph_error(131056, 400, Retry_After=str(after)))

    with pytest.raises(TransientError) as error:
        await send(meta)

    assert error.value.after == after


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (0, "FABRIC_WHATSAPP_ACCESS_TOKEN"),
        (3, "permission"),
        (10, "permission"),
        (33, "phone_number_id"),
        (100, "phone_number_id"),
        (190, "FABRIC_WHATSAPP_ACCESS_TOKEN"),
        (200, "permission"),
        (299, "permission"),
        (368, "restrictions"),
        (130472, "experiment"),
        (130497, "restrictions"),
        (131005, "permission"),
        (131008, "parameter"),
        (131009, "parameter"),
        (131021, "same number"),
        (131026, "WhatsApp"),
        (131030, "test number"),
        (131031, "restrictions"),
        (131037, "display name"),
        (131042, "payment"),
        (131045, "register"),
        (131047, "template"),
        (131048, "spam"),
        (131049, "24 hours"),
        (131050, "stopped"),
        (131051, "type"),
        (131052, "media"),
        (131053, "media"),
        (132000, "template"),
        (132068, "template"),
        (999999, "400"),
    ],
)
async def test_these_codes_are_final_and_say_what_to_do(
    meta: WhatsAppHarness, code: int, hint: str
) -> None:
    meta.service.answers.append(graph_error(code))

    with pytest.raises(PermanentError, match=hint) as error:
        await send(meta)

    assert error.value.reason == f"whatsapp_{code}"
    assert "nobody reads this" not in str(error.value)


@pytest.mark.parametrize("code", [3, 131045])
async def test_a_permanent_code_is_final_even_as_a_server_error(
    meta: WhatsAppHarness, code: int
) -> None:
    meta.service.answers.append(graph_error(code, 500))

    with pytest.raises(PermanentError):
        await send(meta)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_failure_without_a_code_is_tried_again(meta: WhatsAppHarness, status: int) -> None:
    meta.service.answers.append(Answer(status, {"error": {"code": "x"}}, {"Retry-After": "3"}))

    with pytest.raises(TransientError) as error:
        await send(meta)

    assert error.value.after == 3
    assert error.value.maybe_done == (status != 429)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
async def test_a_refusal_without_a_code_is_final(meta: WhatsAppHarness, status: int) -> None:
    meta.service.answers.append(Answer(status, None, {"Location": "https://evil.example"}))

    with pytest.raises(PermanentError) as error:
        await send(meta)

    assert error.value.reason == f"http_{status}"
    assert ("FABRIC_WHATSAPP_ACCESS_TOKEN" in str(error.value)) == (status == 401)


async def test_a_service_that_is_away_is_tried_again(meta: WhatsAppHarness) -> None:
    meta.rebuild(whatsapp_graph_url="http://127.0.0.1:1/v24.0")

    with pytest.raises(Unavailable) as error:
        await send(meta)

    assert not error.value.maybe_done


# --- rate --------------------------------------------------------------------------------------


async def test_the_bots_rate_is_kept_when_sending(meta: WhatsAppHarness) -> None:
    meta.rebuild(whatsapp_bot(requests_per_second=0.1))
    await send(meta)

    with pytest.raises(TransientError):
        await send(meta)

    assert await send(meta, Activity(type="typing")) == "wamid.sent.1", "typing is no message"
    assert len(meta.sent) == 2
