"""The table of contents: one line for each function file."""

from functions import operators
from functions.channels import directline, teams, whatsapp
from functions.platform import dead_letters, deliver, events, health, outbox
from functions.skills import echo, handoff, knowledge, notify, router, tickets

BLUEPRINTS = [
    teams.bp,
    whatsapp.bp,
    directline.bp,
    router.bp,
    knowledge.bp,
    tickets.bp,
    notify.bp,
    handoff.bp,
    echo.bp,
    deliver.bp,
    events.bp,
    dead_letters.bp,
    outbox.bp,
    health.bp,
    operators.bp,
]
