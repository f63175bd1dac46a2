"""The process' environment variables, read with an error that says what to write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from shared.adapter_forms import FORMS
from shared.errors import ConfigurationError
from shared.web_address import secure


@dataclass(frozen=True, slots=True)
class Environment:
    """`local` on a laptop: then what Azure would have to be asked for has a default.

    Every method raises ConfigurationError naming the variable to set or mend.
    """

    values: Mapping[str, str]
    local: bool

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Self:
        for name, value in values.items():
            if value.startswith("@Microsoft.KeyVault("):
                raise ConfigurationError(
                    f"{name} is a Key Vault reference that the platform did not resolve; see that "
                    "the site's keyVaultReferenceIdentity has the role Key Vault Secrets User, "
                    "and that the secret is there"
                )
        environment = values.get("FABRIC_ENVIRONMENT", "") or "cloud"
        if environment not in ("local", "cloud"):
            raise ConfigurationError(f"FABRIC_ENVIRONMENT is {environment!r}; write local or cloud")
        return cls(values, environment == "local")

    def text(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def key(self, name: str) -> str:
        """What is secret stays as it was written."""
        return self.values.get(name, "")

    def texts(self, name: str) -> tuple[str, ...]:
        """What is separated by commas."""
        parts = (part.strip() for part in self.values.get(name, "").split(","))
        return tuple(part for part in parts if part)

    def path(self, name: str, default: str) -> Path:
        return Path(self.values.get(name) or default)

    def count(self, name: str, default: int) -> int:
        text = self.text(name)
        if text and not (text.isdecimal() and text.isascii() and int(text) > 0):
            raise ConfigurationError(f"{name} is {text[:20]!r}; write a whole number above 0")
        return int(text or default)

    def one_of(self, name: str, known: Sequence[str], default: str, *, meaning: str = "") -> str:
        """One of the words that are known, in any case of letters."""
        text = self.text(name) or default
        for word in known:
            if word.lower() == text.lower():
                return word
        write = meaning or f"one of {', '.join(known)}"
        raise ConfigurationError(f"{name} is {text[:20]!r}; write {write}")

    def adapter(self, name: str, default: str) -> str:
        """The URL that chooses an adapter; the cloud has no default."""
        value = self.values.get(name, "")
        if not value and not self.local:
            raise ConfigurationError(
                f"{name} is not set; write one of {', '.join(FORMS[name].values())} "
                "(FABRIC_ENVIRONMENT=local has a default; unset means cloud)"
            )
        return value or default

    def service(self, name: str) -> str:
        """The URL of a service that an app may do without."""
        return self.values.get(name) or "offline://"

    def web_url(self, name: str, default: str = "") -> str:
        """An https address, without a slash at its end; `default` where it is not set."""
        value = self.values.get(name)
        if not value:
            return default
        if not secure(value, local=self.local):
            raise ConfigurationError(
                f"{name} must be an https:// URL (http:// only on loopback, and only when "
                "FABRIC_ENVIRONMENT is local)"
            )
        return value.rstrip("/")
