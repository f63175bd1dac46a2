"""A new bot: a manifest, an article that it knows, and the test that it answers from it."""

MANIFEST = """#:schema ../schemas/bot.schema.json
# Every key: docs/add-a-bot.md. A mistake here is one line that says what to write.
id = "$name"
name = "$title"
description = "Answers questions about $name"
examples = ["How do I get started with $name?"]
owner = "$name@contoso.example"
department = "IT"
cost_center = "CC-1001"
region = "westeurope"
instructions = "You are $title of Contoso. Be brief and friendly."
skills = ["router", "knowledge", "handoff"]
default_skill = "router"
knowledge = ["$name"]

[routes]
"/human" = "handoff"
"/bot" = "handoff"

# Empty: on Teams for this machine alone. docs/add-a-bot.md says what the cloud needs.
[channels.teams]

[channels.web]
origins = ["http://localhost:7071", "http://127.0.0.1:7071"]

[retention]
transcript_days = 90
"""

ARTICLE = """---
title: Get started with $name
url: https://intranet.contoso.example/$name/get-started
tags: [$name, start, begin]
---

## First steps

To get started with $name, write to the bot what you need. Replace this article by your own:
short headings, the words that people use, one subject a file.
"""

TEST = '''"""$title keeps what its manifest promises, and answers each of its examples."""

from pathlib import Path

from conformance.bot import broken_promises


async def test_it_keeps_the_promises_of_its_manifest(tmp_path: Path) -> None:
    assert await broken_promises("$name", tmp_path) == []
'''

FILES = {
    "bots/$name.toml": MANIFEST,
    "knowledge/$name/get-started.md": ARTICLE,
    "tests/unit/bots/test_${module}_bot.py": TEST,
}
