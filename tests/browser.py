"""A browser that signs in: it follows a link of ours to the stand-in for Entra, and comes back."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import azure.functions as func
from aiohttp import ClientSession

from functions.channels import sign_in

Answer = tuple[int, str, dict[str, str]]


@dataclass
class Browser:
    """`cookies` is the header that it sends back to us."""

    cookies: str = ""
    seen: list[str] = field(default_factory=list)

    async def open(self, link: str) -> Answer:
        """Follow a link of ours."""
        parts = urlsplit(link)
        route: Any = sign_in.come_back if parts.path.endswith("/callback") else sign_in.begin
        request = func.HttpRequest(
            method="GET",
            url=link,
            headers={"cookie": self.cookies},
            params=dict(parse_qsl(parts.query)),
            body=b"",
        )
        answer = await route._function.get_user_function()(request)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if cookie := headers.get("set-cookie"):
            self.cookies = cookie.partition(";")[0]
        return answer.status_code, answer.get_body().decode(), headers

    async def at_entra(self, address: str, login: str) -> str:
        """Choose somebody there; return where it sends us."""
        hint = urlencode({"login_hint": login})
        async with ClientSession() as session:
            got = await session.get(f"{address}&{hint}", allow_redirects=False)
            return got.headers["Location"]

    async def sign_in(self, link: str, login: str) -> str:
        """Do all of it; return the code that the page shows."""
        _, _, headers = await self.open(link)
        _, page, _ = await self.open(await self.at_entra(headers["location"], login))
        return code_in(page)


def link_in(text: str) -> str:
    """Return the link to sign in that a bot said."""
    found = re.search(r"http\S+/api/sign-in\?ticket=[\w-]+", text)
    assert found, text
    return found[0]


def code_in(page: str) -> str:
    found = re.search(r"<code>(.+)</code>", page)
    return found[1] if found else ""
