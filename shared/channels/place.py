"""Where the bytes of a file are that somebody sent."""

from shared.activity import ConversationReference
from shared.clients.http import HttpClient
from shared.identity.secrets import Secrets
from shared.media.attachment import Attachment
from shared.media.place import Place
from shared.settings import Settings


async def place_of(
    reference: ConversationReference,
    attachment: Attachment,
    settings: Settings,
    http: HttpClient,
    secrets: Secrets,
) -> Place | None:
    """None where the message carries its files."""
    match reference.channel:
        case "teams":
            from shared.channels.teams.files import place

            return place(attachment, local=settings.local)
        case "whatsapp":
            from shared.channels.whatsapp import media

            return await media.place(attachment, settings, http, secrets)
    return None
