"""An activity as bodies for Graph's `messages`: first in parts of a fit size, then one each.

Limits: Meta docs, "Messages" and "Interactive messages"; they count characters.
"""

import re
from typing import Any
from urllib.parse import unquote

from shared.activity import FILE_SCHEME, Activity, ConversationReference
from shared.channels.whatsapp import card as cards
from shared.channels.whatsapp.activity import MEDIA_URL, text_of
from shared.channels.whatsapp.callback import callback_data
from shared.channels.whatsapp.card import Choice
from shared.channels.whatsapp.text import formatted
from shared.errors import PermanentError
from shared.text.clean import cleaned
from shared.text.graphemes import ending, pieces, truncated

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_PROMPT = 1024
"""Characters of text beside reply buttons; a list could take more, and gets the same."""

MAX_BUTTONS, MAX_BUTTON_ID, MAX_BUTTON_TITLE = 3, 256, 20
MAX_ROWS, MAX_ROW_ID, MAX_ROW_TITLE, MAX_ROW_DESCRIPTION = 10, 200, 24, 72

MAX_FILE_NAME = 240

_PHONE = re.compile(r"\+?[0-9]{4,20}")
_MEDIA = {
    "image/jpeg": "image",
    "image/png": "image",
    "video/mp4": "video",
    "video/3gpp": "video",
    "audio/aac": "audio",
    "audio/mp4": "audio",
    "audio/mpeg": "audio",
    "audio/amr": "audio",
    "audio/ogg": "audio",
}
_CUT = frozenset({"text", "attachments", "attachmentLayout", "suggestedActions", "entities"})


def split(activity: Activity) -> list[Activity]:
    """One activity for each WhatsApp message: files, then the text in pieces, choices last.

    A single file takes a short text along as its caption. Cards, links and sources have become
    text. Splitting a part again changes nothing.
    """
    if not activity.is_message:
        return [activity]
    text, files, choices = _shown(activity)
    rest = {key: value for key, value in activity.items() if key not in _CUT}
    if len(files) == 1 and text and not choices and _takes_caption(files[0], text):
        return [Activity(rest, text=text, attachments=files)]
    parts = [Activity(rest, text="", attachments=[file]) for file in files]
    texts = pieces(text, MAX_TEXT)
    if choices and len(prompt := ending(texts[-1], MAX_PROMPT)) < len(texts[-1]):
        texts[-1:] = [texts[-1].removesuffix(prompt), prompt]
    if text or choices or not parts:
        parts += [Activity(rest, text=piece) for piece in texts]
    if choices:
        actions = [{"type": "imBack", "title": c.title, "value": c.value} for c in choices]
        parts[-1]["suggestedActions"] = {"actions": actions}
    return parts


def body(part: Activity, reference: ConversationReference) -> dict[str, Any]:
    """The JSON that sends one part of `split`, or the template in `channelData.whatsapp`."""
    text, files, choices = _shown(part)
    if part.get("textFormat") not in ("plain", "xml"):
        text = formatted(text)
    if choices and reference.is_group:
        text, choices = _joined(text, _numbered(choices)), []
    data = part.channel_data.get("whatsapp")
    if isinstance(data, dict) and isinstance(data.get("template"), dict):
        message = {"type": "template", "template": data["template"]}
    elif files:
        message = _file(files[0], text)
    elif choices:
        message = {"type": "interactive", "interactive": _interactive(text, choices)}
    elif text.strip():
        message = {"type": "text", "text": {"body": text}}
    else:
        raise PermanentError("nothing_to_send", "the activity has nothing that WhatsApp can show")
    return {
        "messaging_product": "whatsapp",
        **_address(reference),
        **message,
        "biz_opaque_callback_data": callback_data(reference, part.id),
    }


def read_and_typing(message_id: str) -> dict[str, Any]:
    """Marks a person's message as read and shows for 25 s that the bot is typing."""
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        "typing_indicator": {"type": "text"},
    }


def _shown(activity: Activity) -> tuple[str, list[dict[str, Any]], list[Choice]]:
    """Text, files and choices: all that a WhatsApp message can be made of."""
    texts, files = [activity.text], []
    suggested = activity.get("suggestedActions")
    actions = list(cards.card_actions(suggested))
    for attachment in activity.attachments:
        if attachment.get("contentType") in cards.SIMPLE | {cards.ADAPTIVE}:
            card = cards.content(attachment)
            texts.append("\n".join(cards.card_texts(card)))
            actions += cards.card_actions(card)
        elif _source(attachment) or _is_own(attachment):
            files.append(attachment)
        else:
            texts.append(text_of(attachment.get("name")))
    texts += filter(None, map(cards.link_of, actions))
    found = (cards.choice_of(action) for action in actions if not cards.link_of(action))
    choices = cards.same_choices([choice for choice in found if choice])
    if len(choices) > MAX_ROWS:
        texts.append(_numbered(choices))
        choices = []
    texts.append("\n".join(cards.footnotes(activity)))
    return _joined(*texts), files, choices


def _joined(*texts: str) -> str:
    present = [text for text in texts if text]
    return "\n\n".join(present)


def _numbered(choices: list[Choice]) -> str:
    return "\n".join(f"{number}. {c.title}" for number, c in enumerate(choices, start=1))


def _interactive(text: str, choices: list[Choice]) -> dict[str, Any]:
    prompt = {"text": text if text.strip() else "…"}
    if len(choices) <= MAX_BUTTONS:
        titles = _unique([choice.title for choice in choices], MAX_BUTTON_TITLE)
        ids = _unique([_id(choice, MAX_BUTTON_ID) for choice in choices], MAX_BUTTON_ID)
        replies = [{"id": id, "title": t} for id, t in zip(ids, titles, strict=True)]
        buttons = [{"type": "reply", "reply": reply} for reply in replies]
        return {"type": "button", "body": prompt, "action": {"buttons": buttons}}
    titles = _unique([choice.title for choice in choices], MAX_ROW_TITLE)
    ids = _unique([_id(choice, MAX_ROW_ID) for choice in choices], MAX_ROW_ID)
    rows = []
    for choice, id, title in zip(choices, ids, titles, strict=True):
        row = {"id": id, "title": title}
        if title != choice.title:
            row["description"] = truncated(choice.title, MAX_ROW_DESCRIPTION)
        rows.append(row)
    action = {"button": "Options", "sections": [{"rows": rows}]}
    return {"type": "list", "body": prompt, "action": action}


def _id(choice: Choice, limit: int) -> str:
    """What the bot will hear; a value too long for that gives way to the title, as if typed.

    Meta refuses an id that begins or ends with a space.
    """
    value = choice.value.strip()
    return value if len(value) <= limit else truncated(choice.title, limit).strip()


def _unique(titles: list[str], limit: int) -> list[str]:
    """Shortened, and told apart by a number where that made two the same."""
    found: list[str] = []
    for title in titles:
        short, number = truncated(title, limit), 1
        while short in found:
            number += 1
            short = f"{truncated(title, limit - len(str(number)) - 1)} {number}"
        found.append(short)
    return found


def _takes_caption(file: dict[str, Any], text: str) -> bool:
    if _is_own(file):
        from shared.channels.whatsapp.outgoing import is_taken
        from shared.media.file import Attached

        own = Attached.read(file)
        if own is None or not is_taken(own):
            return False  # it becomes a line of text, with its address
    return _kind(file) != "audio" and len(text) <= MAX_CAPTION


def _is_own(attachment: dict[str, Any]) -> bool:
    return text_of(attachment.get("contentUrl")).startswith(FILE_SCHEME)


def _kind(file: dict[str, Any]) -> str:
    media_type = text_of(file.get("contentType")).partition(";")[0].strip().lower()
    return _MEDIA.get(media_type, "document")


def _source(attachment: dict[str, Any]) -> dict[str, str]:
    """Where Meta gets the bytes: an https link, or its own id; empty when it cannot."""
    url = text_of(attachment.get("contentUrl"))
    if url.startswith(MEDIA_URL):
        return {"id": url.removeprefix(MEDIA_URL)}
    return {"link": url} if url.startswith("https://") else {}


def _file(file: dict[str, Any], caption: str) -> dict[str, Any]:
    kind, media = _kind(file), _source(file)
    if caption:
        media["caption"] = caption
    if kind == "document" and (name := text_of(file.get("name")) or _name_in(media)):
        media["filename"] = name
    return {"type": kind, kind: media}


def _name_in(media: dict[str, str]) -> str:
    """The last part of a link's path, which a person knows the file by; "" when it is no name."""
    path = media.get("link", "").partition("?")[0].partition("#")[0]
    name = unquote(path.partition("://")[2].partition("/")[2].rpartition("/")[2])
    name = cleaned(name).strip()
    return truncated(name, MAX_FILE_NAME) if "." in name.strip(".") and "/" not in name else ""


def has_link(body: dict[str, Any]) -> bool:
    """Tell whether Meta has to fetch a file from a link to send this."""
    media = body.get(str(body.get("type")))
    return isinstance(media, dict) and "link" in media


def _address(reference: ConversationReference) -> dict[str, Any]:
    """A group by its id, a person by phone number if known, else by user id."""
    if reference.is_group:
        return {"recipient_type": "group", "to": reference.conversation}
    person = reference.user or reference.conversation
    key = "to" if _PHONE.fullmatch(person) else "recipient"
    return {"recipient_type": "individual", key: person}
