"""`webhooks.toml`: where facts go and whose come in, and what is said of a wrong one."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.manifest.webhooks import Declared, covers, load_webhooks

SECRET = "a-secret-of-thirty-characters."
OUT = f"""
[[webhook]]
name = "crm"
url = "https://crm.example/hook"
facts = ["ticket.*"]
secret = "{SECRET}"
"""
IN = f'[[source]]\nname = "shop"\ntoken = "{SECRET}"\nsource = "/shop"\nfacts = ["order.shipped"]\n'


def loaded(folder: Path, text: str, *, local: bool = False) -> Declared:
    path = folder / "webhooks.toml"
    path.write_text(text)
    return load_webhooks(path, {"HOOK": "http://127.0.0.1:9/hook"}, local=local)


def test_without_the_file_nothing_goes_out_or_comes_in(tmp_path: Path) -> None:
    assert load_webhooks(tmp_path / "webhooks.toml", {}, local=False) == Declared()


def test_both_kinds_are_read(tmp_path: Path) -> None:
    found = loaded(tmp_path, OUT + IN)

    assert [one.name for one in found.webhook] == ["crm"]
    assert [one.source for one in found.source] == ["/shop"]
    assert SECRET not in repr(found)


def test_a_laptop_may_send_to_itself(tmp_path: Path) -> None:
    text = OUT.replace("https://crm.example/hook", "$HOOK")

    assert loaded(tmp_path, text, local=True).webhook[0].url == "http://127.0.0.1:9/hook"
    with pytest.raises(ConfigurationError, match="write an https:// URL"):
        loaded(tmp_path, text)


@pytest.mark.parametrize(
    ("facts", "type", "covered"),
    [
        (["ticket.created"], "ticket.created", True),
        (["ticket.created"], "ticket.created.twice", False),
        (["ticket.*"], "ticket.created", True),
        (["ticket.*"], "tickets.created", False),
        ([], "ticket.created", False),
    ],
)
def test_a_star_stands_for_what_begins_so(facts: list[str], type: str, covered: bool) -> None:
    assert covers(facts, type) is covered


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OUT.replace(SECRET, "short"), "webhook 1: secret: too short"),
        (OUT.replace('facts = ["ticket.*"]\n', ""), "webhook 1: facts: missing"),
        (OUT.replace("crm.example", "me:pw@crm.example"), "webhook 1: url: has a password"),
        (OUT + OUT, '"crm" stands there twice'),
        (IN.replace("order.shipped", "fabric.wake"), "source 1: facts: fabric.* belongs"),
        (IN.replace(SECRET, "short"), "source 1: token: too short"),
        (IN.replace("source =", "sources ="), "source 1: sources: unknown in a source; did you"),
        ("[[hook]]\n", "hook: not known here; write [[webhook]] or [[source]]"),
        ("[webhook]\n", "write [[webhook]], with two brackets"),
    ],
)
def test_a_wrong_file_is_one_line_that_says_what_to_write(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        loaded(tmp_path, text)

    assert said in str(error.value)
    assert SECRET not in str(error.value)
