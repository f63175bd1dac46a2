"""A webhook body, any number of updates in it, as activities and receipts.

Source: Meta docs, "Webhooks" and "Business-scoped user IDs". Nothing here raises: what is
unknown or has the wrong type is set aside under a reason code.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.activity import ConversationReference
from shared.bot import Bot
from shared.channels.whatsapp.activity import activity_of, text_of, time_of
from shared.channels.whatsapp.billed import meter_of
from shared.channels.whatsapp.callback import conversation_in
from shared.ports.channel import Inbound, Receipt, Received
from shared.text.clean import LONGEST_NAME, one_line

STATUSES = frozenset({"sent", "delivered", "read", "played", "failed"})
_CODE = re.compile(r"[A-Za-z0-9_]{1,64}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by the ids that an update names them by.

    A person is known by the business-scoped user id, which every update carries since March
    2026, else by the phone number, which comes and goes with the person's privacy settings.
    So a conversation that began before that date, by phone alone, begins anew, once.
    """

    user_id: str = ""
    phone: str = ""
    contact: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        return self.user_id or self.phone

    @property
    def address(self) -> str:
        """Where to send: the phone number works everywhere, so it wins."""
        return self.phone or self.user_id

    @property
    def name(self) -> str:
        profile = (self.contact or {}).get("profile")
        name = text_of(profile.get("name")) if isinstance(profile, dict) else ""
        return one_line(name, LONGEST_NAME)


@dataclass(frozen=True, slots=True)
class Place:
    """The number that an update is about, and whom the update introduces."""

    bot: Bot
    number: str
    own_phone: str
    contacts: list[dict[str, Any]]

    def person(self, user_id: Any, phone: Any) -> Person:
        """Completed by the contact that has one of the ids; by the only one when there are none."""
        user_id, phone = text_of(user_id), text_of(phone)
        for contact in self.contacts:
            theirs = text_of(contact.get("user_id")), text_of(contact.get("wa_id"))
            fits = (user_id and theirs[0] == user_id) or (phone and theirs[1] == phone)
            if fits or (len(self.contacts) == 1 and _compatible((user_id, phone), theirs)):
                return Person(user_id or theirs[0], phone or theirs[1], contact)
        return Person(user_id, phone)

    def is_own(self, phone: Any) -> bool:
        """Whether the bot's number itself speaks: it is nobody's contact."""
        known = [contact.get("wa_id") for contact in self.contacts]
        return bool(self.own_phone) and _digits(phone) == self.own_phone and phone not in known

    def reference(self, person: Person, group: str, reply_to: str = "") -> ConversationReference:
        return ConversationReference(
            bot=self.bot.id,
            channel="whatsapp",
            conversation=group or person.key,
            user=person.address,
            user_name=person.name,
            account=self.number,
            channel_id="whatsapp",
            is_group=bool(group),
            reply_to=reply_to,
        )


def received(
    body: dict[str, Any], bots: Mapping[str, Bot], *, now: float, max_age: float = float("inf")
) -> Received:
    """All of a parsed body; `bots` by phone_number_id.

    Messages come in the order of their time, the second of two with one id is dropped, and so
    are those over `max_age` seconds old.
    """
    reading = _Reading(bots, now, max_age)
    if "entry" not in body:
        reading.ignored.append("no_entry")
    elif body.get("object") != "whatsapp_business_account":
        reading.ignored.append("unknown_object")
    else:
        for entry in reading.objects(body, "entry"):
            for change in reading.objects(entry, "changes"):
                reading.change(change)
    inbounds = sorted(reading.inbounds, key=lambda timed: timed[0])
    return Received([inbound for _, inbound in inbounds], reading.receipts, reading.ignored)


@dataclass
class _Reading:
    bots: Mapping[str, Bot]
    now: float
    max_age: float
    inbounds: list[tuple[float, Inbound]] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def objects(self, holder: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
        items = holder.get(key, [])
        for item in items if isinstance(items, list) else [None]:
            if isinstance(item, dict):
                yield item
            else:
                self.ignored.append(f"bad_{key}")

    def change(self, change: dict[str, Any]) -> None:
        value = change.get("value")
        if change.get("field") != "messages":
            self.ignored.append(f"field_{_code(change.get('field'))}")
            return
        metadata = value.get("metadata") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(metadata, dict):
            self.ignored.append("bad_value")
            return
        number = text_of(metadata.get("phone_number_id"))
        bot = self.bots.get(number)
        if bot is None:
            self.ignored.append("unknown_number")
            return
        own_phone = _digits(metadata.get("display_phone_number"))
        place = Place(bot, number, own_phone, list(self.objects(value, "contacts")))
        for message in self.objects(value, "messages"):
            self.message(place, message)
        for status in self.objects(value, "statuses"):
            self.status(place, status)
        for error in self.objects(value, "errors"):
            self.ignored.append(f"error_{_code(error.get('code'))}")

    def message(self, place: Place, message: dict[str, Any]) -> None:
        id, group = text_of(message.get("id")), text_of(message.get("group_id"))
        phone = message.get("from")
        person = place.person(message.get("from_user_id"), phone)
        if not person.key and isinstance(system := message.get("system"), dict):
            person = place.person(system.get("user_id"), system.get("wa_id"))
        at = time_of(message.get("timestamp"))
        if not id:
            self.ignored.append("bad_message")
        elif (place.number, id) in self.seen:
            self.ignored.append("duplicate")
        elif place.is_own(phone):
            self.ignored.append("own_message")
        elif not (group or person.key):
            self.ignored.append("no_sender")
        elif at is not None and at < self.now - self.max_age:
            self.ignored.append("stale")
        else:
            self.seen.add((place.number, id))
            activity = activity_of(message, person.contact)
            activity["from"] = {"id": person.key, "name": person.name, "role": "user"}
            activity["recipient"] = {"id": place.number, "role": "bot"}
            activity["conversation"] = {"id": group or person.key, "isGroup": bool(group)}
            reference = place.reference(person, group, reply_to=id)
            time = self.now if at is None else at
            self.inbounds.append((time, Inbound(place.bot, reference, activity)))

    def status(self, place: Place, status: dict[str, Any]) -> None:
        id, state = text_of(status.get("id")), text_of(status.get("status"))
        recipient, group = status.get("recipient_id"), ""
        if status.get("recipient_type") == "group":
            recipient, group = None, text_of(recipient)
        person = place.person(status.get("recipient_user_id"), recipient)
        home = conversation_in(status.get("biz_opaque_callback_data"))
        user_id, phone = person.user_id, person.phone
        if home and not group:
            person = Person(home, person.phone, person.contact)
        if not id:
            self.ignored.append("bad_status")
        elif state not in STATUSES:
            self.ignored.append("unknown_status")
        elif not (group or person.key):
            self.ignored.append("no_recipient")
        else:
            at = time_of(status.get("timestamp"))
            time = "" if at is None else datetime.fromtimestamp(at, UTC).isoformat()
            reference = place.reference(person, group)
            meter = meter_of(status, user_id, phone)
            self.receipts.append(Receipt(reference, id, state, _first_error(status), time, meter))


def _compatible(ids: tuple[str, str], theirs: tuple[str, str]) -> bool:
    """Whether no id of one kind contradicts the other."""
    return all(not one or not other or one == other for one, other in zip(ids, theirs, strict=True))


def _first_error(status: dict[str, Any]) -> str:
    errors = status.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return _code(first.get("code")) if isinstance(first, dict) else ""


def _code(value: Any) -> str:
    """A name or number fit for a log."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if _CODE.fullmatch(text) else "unknown"


def _digits(value: Any) -> str:
    return "".join(character for character in text_of(value) if character.isdigit())
