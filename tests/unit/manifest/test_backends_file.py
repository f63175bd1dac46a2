"""Backends are one TOML file, and a mistake in it one line that says what to write instead."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.manifest.backends import BreakerLimits, Declaration, load_backends
from tests.toml_errors import without_line

ENVIRON = {"CRM_URL": "https://crm.contoso.example/api", "CRM_KEY": "s3cret", "CRM_RATE": "2.5"}


def load(folder: Path, text: str, *, local: bool = True) -> dict[str, Declaration]:
    path = folder / "backends.toml"
    path.write_text(text)
    return load_backends(path, ENVIRON, local=local)


def test_without_the_file_there_are_none(tmp_path: Path) -> None:
    assert load_backends(tmp_path / "backends.toml", {}, local=True) == {}


def test_the_one_we_ship_declares_none() -> None:
    path = Path(__file__).parents[3] / "backends.toml"
    assert path.exists()
    assert load_backends(path, {}, local=False) == {}


def test_what_ours_shows_commented_out_is_right(tmp_path: Path) -> None:
    lines = (Path(__file__).parents[3] / "backends.toml").read_text().splitlines()
    shown = "\n".join(line.removeprefix("# ") for line in lines[3:] if line != "#")
    assert load(tmp_path, shown)["crm"].requests_per_second == 20


def test_every_key_is_read(tmp_path: Path) -> None:
    backends = load(
        tmp_path,
        """
        [crm]
        url = "$CRM_URL"
        key = "$CRM_KEY"
        key_header = "x-api-key"
        idempotency_header = ""
        timeout_seconds = 2
        tries = 4
        requests_per_second = "$CRM_RATE"
        concurrency = 3
        breaker = { failures = 2, rest_seconds = 1.5 }

        [orders]
        url = "https://orders.contoso.example"
        scope = "api://orders/.default"
        """,
    )
    assert backends == {
        "crm": Declaration(
            url="https://crm.contoso.example/api",
            key="s3cret",
            key_header="x-api-key",
            idempotency_header="",
            timeout_seconds=2.0,
            tries=4,
            requests_per_second=2.5,
            concurrency=3,
            breaker=BreakerLimits(2, 1.5),
        ),
        "orders": Declaration("https://orders.contoso.example", scope="api://orders/.default"),
    }


def test_a_key_shows_in_no_repr(tmp_path: Path) -> None:
    crm = load(tmp_path, '[crm]\nurl = "$CRM_URL"\nkey = "$CRM_KEY"')["crm"]
    assert "s3cret" not in repr(crm)


MISTAKES = {
    'url = "https://crm.example"': "url: not in a table; write it under [url], such as [crm]",
    "[crm]": 'crm.url: missing; write url = "$CRM_URL", where its API begins, and set it',
    "[CRM]": "CRM: not a name; write one of small letters, digits and hyphens that begins with "
    "a letter, at most 40 characters",
    '[crm]\nurl = "$ORDERS_URL"': "crm.url: $ORDERS_URL is not set; set the environment variable "
    "ORDERS_URL",
    '[crm]\nurl = "$CRM_URL"\ntimeout = 3': "crm.timeout: unknown in a backend; remove it, or "
    'write one of "url", "kind", "tools", "writes", "high_risk", "key", "key_header", "scope", '
    '"auth", "idempotency_header", "timeout_seconds", "tries", "requests_per_second", '
    '"concurrency", "breaker", "guarded", "gateway"',
    '[crm]\nurl = "$CRM_URL"\nkind = "mcp"\ntools = ["x"]\ngateway = "apim"': "crm.gateway: "
    "tools are called at their server itself; leave it out",
    '[crm]\nurl = "$CRM_URL"\nauth = "user"\nscope = "api://c/x"\ngateway = "apim"': "crm.gateway: "
    'auth = "user" goes to the backend itself; remove one of the two',
    '[crm]\nurl = "$CRM_URL"\ntriess = 3': "crm.triess: unknown in a backend; "
    'did you mean "tries"?',
    '[crm]\nurl = "$CRM_URL"\nfailures = 3': "crm.failures: unknown in a backend; it belongs to "
    "[crm.breaker]",
    '[crm]\nurl = "$CRM_URL"\ntries = 0': "crm.tries: 0 is too small; write 1 or more",
    '[crm]\nurl = "$CRM_URL"\ntries = "3"': "crm.tries: has the wrong type (text); write a whole "
    "number, without quotes",
    '[crm]\nurl = "$CRM_URL"\nbreaker.failures = 0': "crm.breaker.failures: 0 is too small; write "
    "1 or more",
    '[crm]\nurl = "http://crm.example"': "crm.url: write an https:// URL (http:// only on "
    "loopback, and only locally)",
    '[crm]\nurl = "https://crm.example?key=s3cret"': "crm.url: write scheme, host and path only; "
    "a key goes into key",
    '[crm]\nurl = "$CRM_URL"\nkey = "a"\nscope = "b"': "crm.scope: there is a key already; keep "
    "one of the two",
    '[crm]\nurl = "$CRM_URL"\nauth = "user"': 'crm.scope: missing; with auth = "user" write the '
    'scope of a person\'s token, such as "api://crm/.default"',
    '[crm]\nurl = "$CRM_URL"\nkey_header = "x api key"': 'crm.key_header: "x api key" names no '
    "header; write letters, digits and hyphens",
    '[crm]\nurl = "$CRM_URL"\nkey = "s3cret\\nx: y"': "crm.key: has characters that no header "
    "takes; write it as it was issued",
    "[crm": "line 1: not TOML: expected ']' at the end of a table declaration",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_one_line_that_says_what_to_write(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    said = without_line(str(caught.value))
    assert said == f"{(tmp_path / 'backends.toml').as_posix()}: {MISTAKES[text]}"


def test_plain_http_is_for_loopback_and_only_locally(tmp_path: Path) -> None:
    text = '[crm]\nurl = "http://127.0.0.1:7081"'
    assert load(tmp_path, text)["crm"].url == "http://127.0.0.1:7081"
    with pytest.raises(ConfigurationError, match="https://"):
        load(tmp_path, text, local=False)


def test_a_server_of_tools_lists_those_that_may_be_called(tmp_path: Path) -> None:
    where = '[wiki]\nkind = "mcp"\nurl = "https://wiki.example/mcp"\n'
    declared = load(tmp_path, f'{where}tools = ["search"]\nwrites = ["add"]')["wiki"]
    assert (declared.kind, declared.tools, declared.writes) == ("mcp", ["search"], ["add"])


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ('kind = "mcp"', "tools"),
        ('kind = "mcp"\ntools = []', "tools"),
        ('tools = ["search"]', "kind"),
        ('kind = "mcp"\ntools = ["search"]\nwrites = ["search"]', "writes"),
        ('kind = "mcp"\ntools = ["search"]\nhigh_risk = ["search"]', "high_risk"),
        ('kind = "mcp"\ntools = ["search"]\nguarded = ["iban"]', "guarded"),
        ('kind = "mcp"\ntools = ["search"]\nauth = "user"\nscope = "api://wiki/a"', "auth"),
        ('kind = "soap"', "kind"),
        ('kind = "mcp"\ntools = ["a b"]', "tools"),
        ('kind = "mcp"\ntools = "search"', "tools"),
    ],
)
def test_a_mistake_about_tools_names_its_key(tmp_path: Path, keys: str, key: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"wiki\.{key}"):
        load(tmp_path, f'[wiki]\nurl = "https://wiki.example/mcp"\n{keys}')
