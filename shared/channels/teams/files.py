"""Where the files are that people send in Teams: OneDrive and SharePoint.

Source: learn.microsoft.com, "Send and receive files": the address opens the file by itself, for
some minutes, and takes no token.
"""

from shared.media.attachment import Attachment
from shared.media.place import Place

HOSTS = frozenset({".sharepoint.com", ".sharepoint.us", ".sharepoint-mil.us", ".svc.ms"})
_REDIRECTS = 3


def upload_place(url: str, *, local: bool) -> Place:
    """Where a file goes that the person has agreed to: a client names it, so it is on the list."""
    return Place(url, HOSTS, loopback=local)


def place(attachment: Attachment, *, local: bool) -> Place:
    return Place(attachment.url, HOSTS, redirects=_REDIRECTS, loopback=local)
