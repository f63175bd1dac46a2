"""Multipart bodies from strangers: read, or refused."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.channels.directline.upload import SHOWN_BYTES, activity_of
from shared.errors import Rejected

FORM = "multipart/form-data; boundary=x"


def part(headers: str, content: bytes = b"data") -> bytes:
    return b"--x\r\n" + headers.encode() + b"\r\n\r\n" + content + b"\r\n"


def sent(filename: str, type: str) -> bytes:
    head = f'Content-Disposition: form-data; name="file"; filename="{filename}"'
    return part(f"{head}\r\nContent-Type: {type}") + b"--x--"


def test_a_bare_file_is_a_message() -> None:
    head = 'Content-Disposition: form-data; name="file"; filename="a.pdf"'
    activity = activity_of(FORM, part(head + "\r\nContent-Type: application/pdf") + b"--x--\r\n")

    assert activity.type == "message"
    assert activity.attachments == [
        {
            "contentType": "application/pdf",
            "name": "a.pdf",
            "contentUrl": "data:application/pdf;base64,ZGF0YQ==",
        }
    ]


def test_a_quoted_boundary_is_read() -> None:
    head = 'Content-Disposition: form-data; name="activity"'
    body = part(head, b'{"type":"message","text":"hi"}') + b"--x--"

    assert activity_of('multipart/form-data; boundary="x"', body).text == "hi"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("multipart/form-data", b"", 400),
        (FORM, b"", 400),
        (FORM, part("A: b"), 400),
        (FORM, part("A: " + "b" * 5_000) + b"--x--", 400),
        (FORM, b"--x\r\nno blank line--x--", 400),
        (FORM, part('Content-Disposition: form-data; name="activity"', b"[]") + b"--x--", 400),
        (FORM, part('Content-Disposition: form-data; name="file"') * 12 + b"--x--", 413),
        (
            FORM,
            part('Content-Disposition: form-data; name="activity"', b'"' * 70_000) + b"--x--",
            413,
        ),
    ],
)
def test_a_wrong_form_is_refused(content_type: str, body: bytes, status: int) -> None:
    with pytest.raises(Rejected) as refusal:
        activity_of(content_type, body)
    assert refusal.value.status == status


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=120),
    st.binary(),
)
def test_no_header_of_a_part_does_worse_than_a_refusal(header: str, content: bytes) -> None:
    body = part(f"Content-Disposition: form-data; {header}", content) + b"--x--\r\n"
    with suppress(Rejected):
        json.dumps(activity_of(FORM, body), ensure_ascii=False).encode()


@pytest.mark.parametrize("charset", ["utf-7", "utf-16-le", "hex", "no-such-charset"])
def test_a_file_name_in_an_odd_charset_can_be_stored(charset: str) -> None:
    head = f"Content-Disposition: form-data; filename*={charset}''+2AA-%00%D8"
    with suppress(Rejected):
        [file] = activity_of(FORM, part(head) + b"--x--").attachments
        file["name"].encode()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\\secret\\plan.pdf", "plan.pdf"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("..", "file"),
    ],
)
def test_a_file_is_called_by_its_own_name_only(given: str, kept: str) -> None:
    [file] = activity_of(FORM, sent(given, "application/pdf")).attachments
    assert file["name"] == kept


@pytest.mark.parametrize(
    "type", ["application/x-msdownload", "image/svg+xml", "text/html", "application/octet-stream"]
)
def test_a_type_that_no_bot_has_a_use_for_is_refused(type: str) -> None:
    with pytest.raises(Rejected) as refusal:
        activity_of(FORM, sent("a", type))
    assert refusal.value.status == 415


def test_no_content_stands_where_a_client_looks_for_the_text() -> None:
    activity = activity_of(FORM, sent("notes.txt", "text/plain"))

    [file] = activity.attachments
    assert "content" not in file
    assert activity.channel_data["attachmentSizes"] == [4]


def test_a_large_file_is_named_only() -> None:
    head = 'Content-Disposition: form-data; name="file"; filename="f"\r\nContent-Type: text/plain'
    large, small = part(head, b"x" * (SHOWN_BYTES + 1)), part(head)

    activity = activity_of(FORM, large + small + b"--x--")

    assert [file.get("contentUrl", "") for file in activity.attachments] == [
        "",
        "data:text/plain;base64,ZGF0YQ==",
    ]
    assert activity.channel_data["attachmentSizes"] == [SHOWN_BYTES + 1, 4]


def test_what_browsers_escape_in_a_file_name_is_read() -> None:
    [file] = activity_of(FORM, sent("a %22q%22%0D%0A 100%.txt", "text/plain")).attachments

    assert file["name"] == 'a "q" 100%.txt'
