"""What the suite starts from: valid bodies of every kind, and bodies that are not JSON at all."""

import json
from typing import Any

NOT_JSON: list[bytes] = [
    b"",
    b" ",
    b"\x00",
    b"null",
    b"true",
    b"1",
    b'"text"',
    b"[]",
    b"[{}]",
    b"{",
    b"}",
    b"{}{}",
    b'{"a":}',
    b"{'a':1}",
    b'{"a":1,}',
    b'{"a":1,"a":2}',
    b'{"a":{"b":1,"b":2}}',
    b'{"type":"message","type":"event"}',
    b'{"a":NaN}',
    b'{"a":-Infinity}',
    b'{"a":1e999}',
    b'{"a":1e-999999}',
    b'{"a":' + b"9" * 5000 + b"}",
    b'{"a":' + b"1" * 20 + b"." + b"1" * 5000 + b"}",
    b'{"a":01}',
    b'{"a":0x10}',
    b'{"a":"\xff"}',
    b'{"a":"\xc0\xaf"}',
    b'{"a":"\xed\xa0\x80"}',
    b'{"a":"\xf4\x90\x80\x80"}',
    b'{"a":"\\ud800"}',
    b'{"\\udfff":"a"}',
    b'{"a":"\\u0000"}',
    b'{"a":"\x01"}',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    b"<?xml version='1.0'?><a/>",
    b"a=1&b=2",
    b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n",
    b"[" * 3000,
    b"{" * 3000,
    b"[" * 500 + b"]" * 500,
    b'{"a":' * 200 + b"1" + b"}" * 200,
    b'{"a":' * 60_000 + b"1" + b"}" * 60_000,
    b'{"a":[' + b"[]," * 20_000 + b"[]]}",
    b'{"a":"' + b"x" * 1_100_000 + b'"}',
    b'{"' + b'","'.join(b"k%d" % n for n in range(5000)) + b'":1}',
    b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(20_000)) + b"}",
    b" " * 1_100_000 + b"{}",
    b"a" * 4_000_000,
]


def teams(service_url: str, app_id: str, tenant: str) -> list[dict[str, Any]]:
    """Activities of every type that Teams posts, for a personal chat and a channel."""
    common = {
        "id": "f-1",
        "timestamp": "2026-03-02T08:15:30.123Z",
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": {"id": "29:hanna", "name": "Hanna", "aadObjectId": "0b0b-1"},
        "recipient": {"id": f"28:{app_id}", "name": "Target"},
        "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": tenant},
        "channelData": {"tenant": {"id": tenant}},
        "locale": "en-US",
    }
    mention = {
        "type": "mention",
        "mentioned": {"id": f"28:{app_id}", "name": "Target"},
        "text": "<at>Target</at>",
    }
    thread = {
        "id": "19:c@thread.tacv2;messageid=1",
        "isGroup": True,
        "conversationType": "channel",
        "tenantId": tenant,
    }
    ticket = {"skill": "tickets", "action": "create", "summary": "Slow", "urgency": "normal"}
    execute = {"action": {"type": "Action.Execute", "verb": "x", "data": ticket}}
    return [
        common | {"type": "message", "text": "my laptop is slow", "textFormat": "plain"},
        common
        | {
            "type": "message",
            "text": "<at>Target</at> help",
            "conversation": thread,
            "entities": [mention, {"type": "clientInfo", "locale": "en-US"}],
        },
        common | {"type": "message", "value": ticket, "replyToId": "1"},
        common
        | {
            "type": "message",
            "attachments": [
                {
                    "contentType": "application/vnd.microsoft.teams.file.download.info",
                    "name": "a.pdf",
                    "contentUrl": "https://contoso.sharepoint.com/a.pdf",
                    "content": {"downloadUrl": "https://contoso.sharepoint.com/a", "uniqueId": "1"},
                }
            ],
        },
        common | {"type": "message", "text": "/ticket", "deliveryMode": "expectReplies"},
        common | {"type": "invoke", "name": "adaptiveCard/action", "value": execute},
        common | {"type": "invoke", "name": "task/fetch", "value": {"data": {}}},
        common | {"type": "messageReaction", "reactionsAdded": [{"type": "like"}]},
        common
        | {
            "type": "conversationUpdate",
            "membersAdded": [{"id": f"28:{app_id}"}, {"id": "29:x", "aadObjectId": "1"}],
        },
        common | {"type": "installationUpdate", "action": "add"},
        common | {"type": "messageUpdate", "text": "edited", "replyToId": "1"},
        common | {"type": "event", "name": "application/vnd.microsoft.meetingStart", "value": {}},
        common | {"type": "typing"},
    ]


def whatsapp(number: str) -> list[dict[str, Any]]:
    """Updates with every kind of message, statuses, and a field that is not about messages."""
    person = {"profile": {"name": "Hanna"}, "wa_id": "31655501009", "user_id": "NL.77"}
    head = {"from": "31655501009", "from_user_id": "NL.77", "timestamp": "1772438130"}

    def update(field: str = "messages", **value: Any) -> dict[str, Any]:
        full = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550100200", "phone_number_id": number},
            "contacts": [person],
            **value,
        }
        changes = [{"value": full, "field": field}]
        return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}

    def message(kind: str, body: Any, **more: Any) -> dict[str, Any]:
        content = {**head, "id": f"wamid.{kind}", "type": kind, kind: body, **more}
        return update(messages=[content])

    media = {"id": "m1", "mime_type": "image/png", "sha256": "x", "caption": "look"}
    status = {
        "id": "wamid.sent",
        "status": "failed",
        "timestamp": "1772438134",
        "recipient_id": "31655501009",
        "errors": [{"code": 131026, "title": "Message undeliverable"}],
        "biz_opaque_callback_data": "fabric NL.77 effect",
    }
    reply = {"type": "list_reply", "list_reply": {"id": "vpn", "title": "VPN"}}
    form = {"type": "nfm_reply", "nfm_reply": {"response_json": '{"a":1}', "body": "Sent"}}
    context = {"from": "15550100200", "id": "wamid.0", "referred_product": {"catalog_id": "1"}}
    person_card = {"name": {"formatted_name": "Ben"}, "phones": [{"phone": "+1", "type": "CELL"}]}
    return [
        message("text", {"body": "my laptop is slow"}, context=context),
        message("image", media),
        message("interactive", reply),
        message("interactive", form),
        message("button", {"text": "Yes", "payload": "yes"}),
        message("reaction", {"message_id": "wamid.0", "emoji": "👍"}),
        message("location", {"latitude": 52.0, "longitude": 5.0, "name": "Utrecht"}),
        message("contacts", [person_card]),
        message("order", {"catalog_id": "1", "product_items": [{"quantity": 1}]}),
        message("edit", {"original_message_id": "wamid.0", "message": {"type": "text"}}),
        message("system", {"body": "changed", "wa_id": "31655501010", "type": "changed_number"}),
        message("unsupported", {}, errors=[{"code": 131051}]),
        update(statuses=[status, {**status, "status": "read"}]),
        update(errors=[{"code": 130429, "title": "Rate limit hit"}]),
        update("account_update", event="DISABLED_UPDATE"),
    ]


def direct_line() -> list[dict[str, Any]]:
    """What a web client posts."""
    common = {"from": {"id": "ann"}, "channelData": {"clientActivityID": "c-1"}, "locale": "en"}
    return [
        common | {"type": "message", "text": "my laptop is slow", "entities": [{"type": "x"}]},
        common | {"type": "message", "value": {"skill": "tickets", "action": "create"}},
        common | {"type": "event", "name": "webchat/join", "value": {"language": "en"}},
        common | {"type": "message", "attachments": [{"contentType": "image/png", "name": "a"}]},
    ]


SKILL_CALL = {"bot": "genuine", "conversation": "c1", "user": "ann", "text": "hello", "id": "1"}
CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/contoso/crm",
    "type": "crm.nobody.listens",
    "subject": "case/1",
    "time": "2026-03-02T08:15:30Z",
    "datacontenttype": "application/json",
    "data": {"case": 1},
}
GRID_EVENT = {
    "id": "e-2",
    "topic": "/subscriptions/1/x",
    "subject": "case/1",
    "eventType": "crm.nobody.listens",
    "eventTime": "2026-03-02T08:15:30Z",
    "data": {"case": 1},
    "dataVersion": "1",
    "metadataVersion": "1",
}


def multipart(activity: Any, boundary: str = "b1") -> bytes:
    """An upload with one activity and one file."""
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="activity"\r\n'
        f"Content-Type: application/vnd.microsoft.activity\r\n\r\n{json.dumps(activity)}\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
        f"Content-Type: image/png\r\n\r\nPNG\r\n--{boundary}--\r\n"
    ).encode()
