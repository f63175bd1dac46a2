"""Identifiers of people are told from numbers that only look like them."""

from time import process_time

import pytest

from shared.text.identifiers.find import find
from shared.text.identifiers.redaction import Redaction, hidden

SAID = {
    "EMAIL": [
        "Write to «ann.lee+work@mail.contoso.example», please",
        "«a_b@shop.co.uk»",
        "it is «müller@büro.example».",
    ],
    "IBAN": [
        "My account is «DE89 3704 0044 0532 0130 00».",
        "«GB33BUKB20201555555555» is my account",
        "on «FR14 2004 1010 0505 0001 3M02 606» please",
        "«nl91abna0417164300»",
    ],
    "CARD": [
        "My card is «4111 1111 1111 1111»",
        "«5555-5555-5555-4444», and the code is 123",
        "Amex «378282246310005» was refused",
        "the card «060426070011» is old",
    ],
    "ID": [
        "my SSN: «536-90-4399»",
        "social security number «536904399»",
        "NINO «AB123456C»",
        "NHS number «943 476 5919»",
        "Steuer-ID «86 095 742 719»",
        "meine IdNr ist «86095742719»",
        "mon NIR: «1 85 05 78 006 084 91»",
        "DNI «54362315K»",
        "NIE «X2482300W»",
        "codice fiscale «RCCMNL83S18D969H»",
        "BSN «111222333»",
        "NIF «501964843»",
        "PESEL «44051401359»",
    ],
    "PHONE": [
        "«+49 (0)30 23125-110»",
        "ruf mich an: «0171 2345678»",
        "«(212) 555-0187»",
        "or «001-518-640-0854x123»",
        "mon portable est le «06 12 34 56 78»",
        "llámame al «612 345 678»",
        "o meu telemóvel é «912 345 678»",
        "il mio numero è «347 123 4567»",
        "bel me op «06-12345678»",
        "call me on «450 0840»?",
        "«655 437 108» office",
        "«467 3395» is my new number",
        "«4155550132» is my new mobile",
        "«612 34 56 78» es mi móvil",
        "Phone:\n«60-56-85-91»",
    ],
}
HARMLESS = (
    *("Order 100000000000001 is late", "Ticket T-ABCD2345", "version 10.0.19045.4291"),
    *("on 192.168.10.254", "2026-11-29 10:40:12", "29.11.2026", "invoice 2026-0001234"),
    *("it costs 1,234,567.89 euros", "ISBN 978-3-16-148410-0", "serial 1234567890", "KB5034441"),
    *("Error 0x80070005 code 1234567", "part 123-456-789", "user@host", "@contoso", "00000000"),
    *("123e4567-e89b-12d3-a456-426614174000", "article 4006381333931", "IMEI 490154203237518"),
    *("my driver's license number is 6940579", "call me about order 1234567", "3536 1659 Hoog St"),
    *("DE89 3704 0044 0532 0130 01", "4111 1111 1111 1112", "536-00-4399", "54362315A"),
)


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in SAID.items() for text in texts]
)
def test_an_identifier_is_found_as_it_stands(kind: str, text: str) -> None:
    before, value, _ = text.replace("»", "«").split("«")
    plain = text.replace("«", "").replace("»", "")

    [found] = find(plain)

    assert found.kind.value == kind
    assert plain[found.start : found.end] == value
    assert found.start == len(before)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert [text[found.start : found.end] for found in find(text)] == []


@pytest.mark.parametrize(
    "text",
    ["1" * 9_000 + "x", "1 " * 5_000, "a@" * 5_000, "(1)" * 3_000, "AB12" * 3_000, "1-" * 5_000],
    ids=lambda text: text[:4],
)
def test_no_text_takes_long(text: str) -> None:
    began = process_time()
    find(text)
    assert process_time() - began < 2.0


def test_a_value_keeps_its_placeholder_and_comes_back() -> None:
    redaction = Redaction()

    sent = redaction.redact("Mail ann@contoso.example or bob@contoso.example")
    again = redaction.redact("ann@contoso.example, call +49 30 23125110")

    assert sent == "Mail <EMAIL_1> or <EMAIL_2>"
    assert again == "<EMAIL_1>, call <PHONE_1>"
    assert redaction.restore("I wrote to EMAIL_2, not <EMAIL_1>; <PHONE_2> is unknown") == (
        "I wrote to bob@contoso.example, not ann@contoso.example; <PHONE_2> is unknown"
    )


def test_a_log_shows_the_kind_alone() -> None:
    assert hidden("from ann@contoso.example: 4111 1111 1111 1111") == "from <EMAIL>: <CARD>"
    assert hidden("nothing here") == "nothing here"
