"""A turn's entry on its marker says what it would say in a document of its own."""

from dataclasses import replace

import pytest

from shared.migration import FIRST_VERSION
from shared.observability.meter import BackendCall, ModelCall, ServiceCall
from shared.ports.models import Usage
from shared.ports.store import Create, Item
from shared.records.ledger_entry import KEPT_SECONDS, Done, LedgerEntry
from shared.records.seen import seen_id
from shared.records.uncounted import USED, Uncounted, marked

PLACE = "lab.web.2c1722dbf96a6745c60a8ef9ec8fd832"
AT, DAY = 1_795_965_666.4, 86_400

USUAL = LedgerEntry(
    id="ledger:1",
    bot="lab",
    skill="ask",
    at=AT,
    seconds=0.25,
    partition=PLACE,
    done=Done(type="message", person="ann", replies=1, waited=0.5, language="en"),
)
MODEL = ModelCall("default", "gpt", "chat", Usage(100, 20, 5, 1), model="gpt-1", seconds=0.5)


def stored(entry: LedgerEntry) -> Item:
    done = entry.done
    assert done
    transcript = {
        "at": entry.at,
        "seconds": entry.seconds,
        "waited": done.waited,
        "person": done.person,
        "skill": entry.skill,
        "text": "hello",
        "replies": ["well"] * done.replies,
        **({"handed_to": done.handed_to} if done.handed_to else {}),
        **({"version": entry.version} if entry.version != FIRST_VERSION else {}),
        **({"type": done.type} if done.type != "message" else {}),
    }
    marker = marked(Create(seen_id(entry.event), transcript), PLACE, entry)
    return Item(PLACE, marker.id, marker.body, "etag", marker.due)


@pytest.mark.parametrize(
    "entry",
    [
        USUAL,
        replace(USUAL, bot="another", request_units=23.45, version="2"),
        replace(USUAL, model_calls=[MODEL], service_calls=[ServiceCall("speech", 2.5, "ok", 0.1)]),
        replace(USUAL, backend_calls=[BackendCall("crm", "GET /orders", "declined", 0.2, 3)]),
        replace(USUAL, done=Done(type="event", language="", noted={"liked": 1}, facts=2)),
        replace(USUAL, done=Done(type="message", person="ann", language="de", handed_to="desk")),
    ],
    ids=["usual", "bot and units", "model and service", "backend", "no language", "handed over"],
)
def test_what_is_on_a_marker_is_read_as_it_was(entry: LedgerEntry) -> None:
    read = Uncounted.of(stored(entry)).entry

    assert replace(read, etag="", due=None) == replace(
        entry,
        model_calls=list(entry.model_calls),
        backend_calls=list(entry.backend_calls),
        service_calls=list(entry.service_calls),
    )


def test_a_usual_turn_says_no_more_than_its_transcript() -> None:
    marker = stored(USUAL)

    assert USED not in marker.body
    assert marker.due == int(AT)


def test_once_it_is_counted_either_has_the_life_that_is_left_to_it() -> None:
    marker = stored(replace(USUAL, model_calls=[MODEL]))

    transcript, entry = Uncounted.of(marker).counted(AT + 2 * DAY, transcript_days=90)

    assert (transcript.id, transcript.due, transcript.etag) == (marker.id, None, "etag")
    assert transcript.ttl == 88 * DAY
    assert transcript.body == {name: marker.body[name] for name in marker.body if name != USED}
    assert (entry.id, entry.due, entry.etag) == ("ledger:1", None, None)
    assert entry.ttl == KEPT_SECONDS - 2 * DAY
    assert entry.body == replace(USUAL, model_calls=[MODEL]).to_body()
