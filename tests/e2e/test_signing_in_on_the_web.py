"""Microsoft's client for the web and somebody who signs in behind it, on a real host."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from shared.dialogue.phrases import phrase
from stand_ins.entra.people import HR
from stand_ins.entra.server import EntraServer
from tests.e2e.processes import Folder
from tests.e2e.test_web_clients import WEB, run

QUESTION = "where does salary band seven begin"
BANDS = f"""---
title: Salary bands
access: [{HR}]
---
Salary band seven begins at 61,000 euros.
"""


async def test_directlinejs_signs_a_person_in_for_their_conversation_alone(
    tmp_path: Path, needs: Callable[[str], str], node_modules: Callable[[Path], Path]
) -> None:
    node_modules(WEB)
    hr = tmp_path / "knowledge" / "hr"
    hr.mkdir(parents=True)
    (hr / "bands.md").write_text(BANDS)
    async with EntraServer() as entra:
        environ = {
            **entra.settings,
            "FABRIC_EMBEDDINGS": "off",
            "FABRIC_KNOWLEDGE_DIR": str(tmp_path / "knowledge"),
            "FABRIC_PUBLIC_URL": "http://localhost:7071",
        }
        folder = Folder(tmp_path, skill="knowledge", also=(), **environ)
        manifest = tmp_path / "bots" / "lab.toml"
        knows = manifest.read_text().replace("[channels.teams]", 'knowledge = ["hr"]\n')
        manifest.write_text(knows + "[channels.web]\norigins = []\n")
        async with folder:
            _, url = await folder.start("--no-reload")
            seen = await asyncio.to_thread(
                run, needs("node"), "sign_in.js", url, "lab", "henry", QUESTION
            )

    done = phrase("en", "signin.done", name="Henry Human")
    unsigned, _, welcome, answer, out, after = seen["heard"]
    assert "61,000" not in unsigned
    assert (welcome, "61,000" in answer) == (done, True)
    assert (out, "61,000" in after) == (phrase("en", "signin.out"), False)
    assert not any("61,000" in text or text == done for text in seen["foreign"])
    assert seen["replayed"] == 403
    assert seen["invoked"].startswith("refused")
    assert seen["session"]
