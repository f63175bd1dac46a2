"""A bot is one TOML file, and a mistake in it one line that says what to write instead."""

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from functions.host import SKILLS
from shared.bot import Bot
from shared.errors import ConfigurationError
from shared.manifest.bots import load_bots
from tests.toml_errors import without_line

ROOT = Path(__file__).parents[3]
PAYLOADS = ROOT / "tests" / "payloads" / "bots"
GOOD = (PAYLOADS / "good.toml").read_text()
BAD = sorted(path for path in PAYLOADS.glob("*.toml") if path.name != "good.toml")
ENVIRON = {"DESK_APP_SECRET": "s3cret"}
KNOWN = ("router", "tickets", "knowledge")


def load(folder: Path, *, local: bool = True, **manifests: str) -> dict[str, Bot]:
    """The bots of these manifests, by file name."""
    for name, text in manifests.items():
        (folder / f"{name}.toml").write_text(text)
    return load_bots(folder, ENVIRON, local=local, skills=KNOWN)


def refused(folder: Path, *, local: bool = True, **manifests: str) -> str:
    """The error, without the folder and on one line."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, local=local, **manifests)
    text = str(caught.value)
    assert "\n" not in text
    assert "pydantic" not in text
    return without_line(text.replace(f"{folder.as_posix()}/", ""))


def other(text: str = GOOD) -> str:
    """A second bot that is right in every way."""
    return (
        text.replace('"desk"', '"other"')
        .replace("100000000000009", "100000000000008")
        .replace("11111111-1111", "33333333-3333")
    )


def test_every_key_is_read(tmp_path: Path) -> None:
    bot = load(tmp_path, desk=GOOD)["desk"]
    assert bot.name == "Service Desk"
    assert bot.routes == {"/ticket": "tickets"}
    assert bot.channels.teams
    assert bot.channels.teams.client_secret == "s3cret"
    assert bot.channels.whatsapp
    assert bot.channels.whatsapp.phone_number_id == "100000000000009"
    assert bot.quota.turns_per_user_per_day == 200
    assert bot.quota.tokens_per_day is None
    assert bot.retention.transcript_days == 90
    assert bot.retention.conversation_days == 180
    assert bot.channels.whatsapp.template_language == "en_US"
    assert (bot.late.window, bot.late.moved_on_minutes) == ("template", 30)


def test_a_secret_shows_in_no_repr(tmp_path: Path) -> None:
    assert "s3cret" not in repr(load(tmp_path, desk=GOOD))


def test_the_cloud_takes_it_as_well(tmp_path: Path) -> None:
    assert list(load(tmp_path, local=False, desk=GOOD, other=other())) == ["desk", "other"]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_mistake_is_one_line_that_says_what_to_write(tmp_path: Path, path: Path) -> None:
    text = path.read_text()
    expected = text.partition("\n")[0].removeprefix("# ")
    assert refused(tmp_path, desk=text) == f"desk.toml: {expected}"


def test_every_mistake_has_its_own_line() -> None:
    lines = {path.read_text().partition("\n")[0] for path in BAD}
    assert len(lines) == len(BAD) > 50


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (f'{GOOD}\n# "é"', "latin-1", "desk.toml: not UTF-8; save it in that encoding"),
        ("id =", "utf-8", "desk.toml: line 1: not a TOML value; put text into quotes"),
    ],
)
def test_a_file_that_is_no_toml(tmp_path: Path, text: str, encoding: str, expected: str) -> None:
    (tmp_path / "desk.toml").write_bytes(text.encode(encoding))
    assert refused(tmp_path) == expected


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_bytes(GOOD.encode("utf-8-sig"))
    assert load(tmp_path)


def test_a_folder_is_no_manifest(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").mkdir()
    assert refused(tmp_path).startswith("desk.toml: cannot be read")


def test_what_an_editor_leaves_behind_is_no_bot(tmp_path: Path) -> None:
    (tmp_path / ".#desk.toml").write_text("half a")
    assert list(load(tmp_path, desk=GOOD)) == ["desk"]


def test_no_bots_says_where(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no \*\.toml in it.*FABRIC_BOTS_DIR") as caught:
        load(tmp_path)
    assert str(caught.value).startswith(str(tmp_path))


def test_no_directory_says_where(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent: no such directory"):
        load_bots(tmp_path / "absent", {}, local=True)


# --- two bots ----------------------------------------------------------------------------------


def test_two_bots_share_no_id(tmp_path: Path) -> None:
    error = refused(tmp_path, desk=GOOD, other=other().replace('"other"', '"desk"'))
    assert error == 'other.toml: id: "desk" is the id in desk.toml already; write its own'


def test_two_bots_share_no_number(tmp_path: Path) -> None:
    error = refused(tmp_path, desk=GOOD, other=other().replace("000008", "000009"))
    assert error == (
        "other.toml: channels.whatsapp.phone_number_id: belongs to desk.toml already; "
        "write the id of another number, one for each bot"
    )


def test_two_bots_share_no_app(tmp_path: Path) -> None:
    upper = other().replace("33333333-3333-4111-8111", "AAAAAAAA-3333-4111-8111")
    lower = GOOD.replace("11111111-1111-4111-8111", "aaaaaaaa-3333-4111-8111")
    assert refused(tmp_path, desk=lower, other=upper) == (
        "other.toml: channels.teams.app_id: belongs to desk.toml already; "
        "write the id of this bot's own app registration"
    )


def test_many_bots_may_have_no_app(tmp_path: Path) -> None:
    bare = GOOD.partition("[channels.teams]")[0] + "[channels.teams]\n"
    assert len(load(tmp_path, desk=bare, other=other(bare))) == 2


# --- the cloud ---------------------------------------------------------------------------------


def test_the_cloud_refuses_teams_without_an_app(tmp_path: Path) -> None:
    bare = GOOD.partition("[channels.teams]")[0] + "[channels.teams]\n"
    assert refused(tmp_path, local=False, desk=bare) == (
        "desk.toml: channels.teams.app_id: missing; in the cloud nobody is let in without "
        'sign-in: write app_id = "$DESK_APP_ID" and set that variable, or remove the table'
    )


def test_the_cloud_refuses_a_secret_that_stands_in_the_file(tmp_path: Path) -> None:
    written = GOOD.replace('"$DESK_APP_SECRET"', '"hunter2-hunter2"')
    assert load(tmp_path, desk=written)
    told = refused(tmp_path, local=False, desk=written)
    assert told.startswith("desk.toml: channels.teams.client_secret: stands in the file")
    assert "hunter2" not in told
    vault = GOOD.replace("$DESK_APP_SECRET", "keyvault://contoso.vault.azure.net/desk")
    assert load(tmp_path, local=False, desk=vault)


def test_a_managed_identity_has_no_secret(tmp_path: Path) -> None:
    text = GOOD.replace("SingleTenant", "UserAssignedMSI")
    text = text.replace('client_secret = "$DESK_APP_SECRET"\n', "")
    assert load(tmp_path, local=False, desk=text)


def test_the_cloud_wants_to_know_whose_people_may_talk_to_a_managed_identity(
    tmp_path: Path,
) -> None:
    text = GOOD.replace("SingleTenant", "UserAssignedMSI")
    text = re.sub(r"(client_secret|tenant_id|tenants) = .*\n", "", text)
    assert load(tmp_path, desk=text)
    assert refused(tmp_path, local=False, desk=text).startswith(
        "desk.toml: channels.teams.tenants: missing, and so is tenant_id: anybody"
    )


# --- the environment ---------------------------------------------------------------------------


@pytest.mark.parametrize("environ", [{}, {"DESK_APP_SECRET": ""}, {"DESK_APP_SECRET": "  "}])
def test_a_missing_variable_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "desk.toml").write_text(GOOD)
    with pytest.raises(ConfigurationError) as caught:
        load_bots(tmp_path, environ, local=True, skills=KNOWN)
    assert without_line(str(caught.value)) == (
        f"{tmp_path.as_posix()}/desk.toml: channels.teams.client_secret: $DESK_APP_SECRET is not "
        "set; set the environment variable DESK_APP_SECRET"
    )


def test_variables_are_read_anywhere(tmp_path: Path) -> None:
    environ = {**ENVIRON, "DEPARTMENT": "IT", "SKILL": "router", "TURNS": "12", "USD": "2.5"}
    text = (
        GOOD.replace('"IT"', '"$DEPARTMENT"')
        .replace('["router", "tickets"]', '["$SKILL", "tickets"]')
        .replace("200", '"$TURNS"\nbudget_usd_per_month = "$USD"')
    )
    (tmp_path / "desk.toml").write_text(text)
    bot = load_bots(tmp_path, environ, local=True, skills=KNOWN)["desk"]
    assert (bot.department, bot.skills) == ("IT", ["router", "tickets"])
    assert (bot.quota.turns_per_user_per_day, bot.quota.budget_usd_per_month) == (12, 2.5)


@pytest.mark.parametrize("price", ["$5", "costs $5", "$A and $B", "$"])
def test_a_dollar_in_a_text_is_a_dollar(tmp_path: Path, price: str) -> None:
    text = GOOD.replace("\n\n[routes]", f'\ninstructions = "{price}"\n\n[routes]')
    assert load(tmp_path, desk=text)["desk"].instructions == price


@pytest.mark.parametrize("secret", ["s3cret", "hunter2"])
def test_no_error_shows_a_secret(tmp_path: Path, secret: str) -> None:
    text = GOOD.replace('"$DESK_APP_SECRET"', f'["{secret}"]')
    assert secret not in refused(tmp_path, desk=text)


# --- Contoso -----------------------------------------------------------------------------------


@pytest.fixture
def contoso() -> dict[str, Bot]:
    skills: Collection[str] = SKILLS
    return load_bots(ROOT / "bots", {}, local=True, skills=skills)


def test_the_sample_bots_load_without_any_variable(contoso: dict[str, Bot]) -> None:
    assert {"helpdesk", "hr", "support"} <= set(contoso)


def test_the_sample_bots_are_on_every_channel(contoso: dict[str, Bot]) -> None:
    for id in ("helpdesk", "hr", "support"):
        bot = contoso[id]
        assert bot.channels.teams
        assert bot.channels.whatsapp
        assert bot.channels.web
        assert bot.description


def test_the_sample_bots_have_their_articles(contoso: dict[str, Bot]) -> None:
    for bot in contoso.values():
        for collection in bot.knowledge:
            assert len(list((ROOT / "knowledge" / collection).glob("*.md"))) >= 9


def test_the_cloud_tells_how_to_take_a_sample_bot_there() -> None:
    with pytest.raises(ConfigurationError, match=r'app_id = "\$HELPDESK_APP_ID"'):
        load_bots(ROOT / "bots", {}, local=False)


def test_the_articles_say_what_they_are() -> None:
    for path in (ROOT / "knowledge").glob("*/*.md"):
        head = path.read_text().split("---\n")[1]
        for key in ("title: ", "url: https://intranet.contoso.example/", "updated: 20", "tags: "):
            assert f"\n{key}" in f"\n{head}", f"{path} lacks {key}"
