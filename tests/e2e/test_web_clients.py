"""Real web clients against the local host: directlinejs, Web Chat, and our page in Chromium."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).with_name("web")
Needs = Callable[[str], str]
Install = Callable[[Path], Path]


def run(node: str, script: str, *arguments: str) -> dict[str, Any]:
    """What a script printed, after it ended well."""
    result = subprocess.run(
        [node, script, *arguments],
        cwd=WEB,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    report: dict[str, Any] = json.loads(result.stdout)
    return report


# --- botframework-directlinejs -----------------------------------------------------------------


@pytest.fixture(scope="module")
def client(host: str, needs: Needs, node_modules: Install) -> dict[str, Any]:
    node_modules(WEB)
    return run(needs("node"), "directline.js", host, "echo")


def test_directlinejs_connects_by_polling(client: dict[str, Any]) -> None:
    assert client["statuses"] == ["Uninitialized", "Connecting", "Online", "Ended"]


def test_directlinejs_sees_its_own_message_and_the_reply(client: dict[str, Any]) -> None:
    mine, *_, reply = [a for a in client["activities"] if a["type"] == "message"]

    assert mine["id"] == client["posted"]
    assert mine["channelData"] == {"clientActivityID": "client-1"}
    assert (mine["from"]["id"], mine["from"]["role"]) == ("ann", "user")
    assert reply["text"] == "echo: hello from the client"
    assert reply["replyToId"] == mine["id"]


def test_directlinejs_may_send_a_message_again(client: dict[str, Any]) -> None:
    assert client["repeated"] == client["posted"]
    assert len([a for a in client["activities"] if a["type"] == "message"]) == 2


def test_directlinejs_gets_a_session_id(client: dict[str, Any]) -> None:
    assert client["session"]


def test_directlinejs_connects_by_socket_as_it_does_by_itself(
    host: str, needs: Needs, node_modules: Install
) -> None:
    node_modules(WEB)

    client = run(needs("node"), "directline.js", host, "echo", "socket")

    assert client["statuses"] == ["Uninitialized", "Connecting", "Online", "Ended"]
    mine, reply = [a for a in client["activities"] if a["type"] == "message"]
    assert mine["id"] == client["posted"] == client["repeated"]
    assert reply["text"] == "echo: hello from the client"


# --- Web Chat -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def web_chat_seen(
    contoso: str, needs: Needs, node_modules: Install, web_chat: Path
) -> dict[str, Any]:
    node_modules(WEB)
    return run(needs("node"), "webchat.js", contoso, needs("chromium"), str(web_chat))


WEB_CHAT_STORIES = ["talk", "cites", "uploads", "presses", "comesBack"]


@pytest.mark.parametrize("name", WEB_CHAT_STORIES)
def test_web_chat_works_as_its_samples_start_it(web_chat_seen: dict[str, Any], name: str) -> None:
    told = story(web_chat_seen, name)

    assert told["errors"] == []
    assert told["sockets"] >= 1, "it listens by WebSocket"


def test_web_chat_sends_once(web_chat_seen: dict[str, Any]) -> None:
    assert story(web_chat_seen, "talk")["failedSends"] == 0


def test_web_chat_shows_where_an_answer_comes_from(web_chat_seen: dict[str, Any]) -> None:
    source = story(web_chat_seen, "cites")["source"]

    assert source == "https://intranet.contoso.example/it/reset-password"


def test_two_equal_presses_in_web_chat_are_two(web_chat_seen: dict[str, Any]) -> None:
    assert story(web_chat_seen, "presses")["answers"] == 2


def test_web_chat_shows_a_conversation_once_after_a_reload(web_chat_seen: dict[str, Any]) -> None:
    assert story(web_chat_seen, "comesBack")["times"] == 1


# --- the chat page -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen(host: str, needs: Needs, node_modules: Install) -> dict[str, Any]:
    node_modules(WEB)
    return run(needs("node"), "page.js", host, needs("chromium"))


def story(seen: dict[str, Any], name: str) -> dict[str, Any]:
    told: dict[str, Any] = seen[name]
    assert "failed" not in told, told
    return told


def test_a_person_picks_a_bot_and_gets_an_answer(seen: dict[str, Any]) -> None:
    chat = story(seen, "chat")

    assert chat["bots"] == ["Echo", "Second"]
    assert chat["title"] == "Second"
    assert chat["messages"] == ["hello **you**", "echo: hello you"]
    assert chat["emphasis"] == ["you"]
    assert chat["states"] == ["sent"]
    assert chat["csp"].startswith("default-src 'self'")


@pytest.mark.parametrize(
    "name", ["chat", "keyboard", "phone", "reload", "hostile", "hidden", "files"]
)
def test_the_console_stays_empty(seen: dict[str, Any], name: str) -> None:
    assert story(seen, name)["errors"] == []


def test_it_works_by_keyboard_alone(seen: dict[str, Any]) -> None:
    keyboard = story(seen, "keyboard")

    assert keyboard["stops"] == ["skip", "echo", "second"]
    assert keyboard["afterPick"] == keyboard["afterSend"] == "message"
    assert keyboard["said"] == "first line\nsecond line"


def test_a_phone_never_scrolls_sideways(seen: dict[str, Any]) -> None:
    phone = story(seen, "phone")

    assert (phone["list"], phone["conversation"]) == (0, 0)
    assert phone["back"]


def test_a_conversation_outlives_a_reload(seen: dict[str, Any]) -> None:
    assert story(seen, "reload")["messages"] == [
        "remember me",
        "echo: remember me",
        "still here",
        "echo: still here",
    ]


def test_a_lost_answer_does_not_double_the_message(seen: dict[str, Any]) -> None:
    lost = story(seen, "lostAnswer")
    first, *others = lost["ids"]

    assert first in others
    assert lost["messages"] == ["only once", "echo: only once", "next", "echo: next"]


def test_an_ended_conversation_offers_a_new_one(seen: dict[str, Any]) -> None:
    ended = story(seen, "ended")

    assert ended["messages"] == ["after", "echo: after"]
    assert not ended["notice"]


def test_what_is_said_never_becomes_html(seen: dict[str, Any]) -> None:
    hostile = story(seen, "hostile")

    assert (hostile["hacked"], hostile["images"], hostile["links"]) == (0, 0, [])


def test_files_are_seen_heard_and_saved_by_what_they_are(seen: dict[str, Any]) -> None:
    files = story(seen, "files")

    assert files["picture"] == {"alt": "A plan", "own": True}
    assert files["sound"] == "Spoken"
    assert files["file"] == ["form.pdf", "48 kB"]
    assert files["named"] == ["echo: files", "bad.pdf", "elsewhere.png"]
    assert files["hacked"] == 0


def test_a_vote_is_sent_once_shown_and_still_there_after_a_reload(seen: dict[str, Any]) -> None:
    thumbs = story(seen, "thumbs")

    first, *again = thumbs["votes"]
    assert all(vote == first for vote in again)
    assert (first["said"], first["status"]) == ("dislike", 200)
    down = [["Helpful", "false", "true"], ["Not helpful", "true", "true"]]
    assert thumbs["after"] == thumbs["reloaded"] == down
    assert thumbs["groups"] == 1


def test_a_hidden_page_does_not_poll(seen: dict[str, Any]) -> None:
    assert story(seen, "hidden")["whileHidden"] == 0
