#!/bin/bash
# Some people's numbers, as WhatsApp names them, are none to phonenumbers. In Mexico a `wa_id` may have a
# 1 after the country that the numbering plan has given up; in most of Brazil it lacks the 9 that mobile
# numbers got. Both parse, are not valid, are not found in a text, and compare with the number that is in
# the phone book as a short match at best: whoever checks or joins by number loses these people.
# phonenumbers 9.0.43.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from typing import NamedTuple

import phonenumbers
from phonenumbers import MatchType, PhoneNumberMatcher


class Seen(NamedTuple):
    valid: bool
    found_in_text: bool
    match: str


NAMES = {value: name for name, value in vars(MatchType).items() if name.isupper()}


def look(whatsapp: str, book: str) -> Seen:
    number = phonenumbers.parse(f"+{whatsapp}")
    assert phonenumbers.is_valid_number(phonenumbers.parse(book))
    text = f"Ring me on +{whatsapp} please"
    return Seen(
        phonenumbers.is_valid_number(number),
        any(PhoneNumberMatcher(text, None)),
        NAMES[phonenumbers.is_number_match(f"+{whatsapp}", book)],
    )


seen = {
    "Germany": look("4915123456789", "+4915123456789"),
    "Mexico": look("5215512345678", "+525512345678"),
    "Brazil": look("553187654321", "+5531987654321"),
}
for country, what in seen.items():
    print(f"{country}: {what}")
as_found = seen == {
    "Germany": (True, True, "EXACT_MATCH"),
    "Mexico": (False, False, "SHORT_NSN_MATCH"),
    "Brazil": (False, False, "NO_MATCH"),
}
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
