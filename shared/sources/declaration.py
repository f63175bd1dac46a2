"""A source as `knowledge/<collection>/sources.toml` declares it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

COPIED = "source"
"""As the only entry of `access`: whoever may read the document in its source."""

KINDS = ("folder", "container", "sitemap", "drive")


@dataclass(frozen=True)
class Declaration:
    """One of `folder`, `container`, `sitemap` and `drive` says where the documents are.

    `access` are the groups that may read them, `["source"]` those that may there; left out:
    everybody, and for a drive those that may there. `url` is where people find a folder's or a
    container's documents. `under` takes what stands below that path alone. `hosts` are those of
    the sitemap's pages, `key` opens the container, `tenant`, `client` and `secret` the drive.
    """

    folder: str = ""
    container: str = field(default="", metadata={"pattern": "^https?://"})
    sitemap: str = field(default="", metadata={"pattern": "^https?://"})
    drive: str = ""
    access: list[str] | None = field(default=None, metadata={"min_length": 1})
    url: str = field(default="", metadata={"pattern": "^https://"})
    under: str = ""
    hosts: list[str] = field(default_factory=list, metadata={"min_length": 1})
    key: str = field(default="", repr=False)
    tenant: str = ""
    client: str = ""
    secret: str = field(default="", repr=False)

    @property
    def kinds(self) -> Sequence[str]:
        """Which of them is said; one, when it is right."""
        return [kind for kind in KINDS if getattr(self, kind)]

    @property
    def place(self) -> str:
        """What tells it from others: its folder, address or drive."""
        return f"{getattr(self, self.kinds[0])}{'/' if self.under else ''}{self.under}"

    @property
    def copies_access(self) -> bool:
        return self.access == [COPIED] or (self.access is None and bool(self.drive))
