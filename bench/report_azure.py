"""The sections of the page that need services beside the embedded ones."""

from collections.abc import Mapping

from bench.first_contact import STEPS, Times
from bench.markdown import table
from bench.servicebus_send import SendCost


def sections(first: Mapping[str, Times], sent: SendCost | None) -> list[str]:
    return [*_first(first), *_send(sent)]


def _first(first: Mapping[str, Times]) -> list[str]:
    return [
        "## First webhook and first turn",
        "",
        "A fresh process imports the app, takes a Teams message, and handles it; the second of",
        "each shows what was only the first time: SDKs and connections. Echo skill; CPU and, in",
        "brackets, clock in ms; the services are stand-ins on this machine.",
        "",
        *table(
            ("the app stands on", *STEPS),
            [
                (name, *(f"{cpu:.0f} ({clock:.0f})" for cpu, clock in (times[s] for s in STEPS)))
                for name, times in first.items()
            ],
        ),
    ]


def _send(sent: SendCost | None) -> list[str]:
    if sent is None:
        return []
    return [
        "## Service Bus",
        "",
        "Milliseconds to send one message and have it confirmed, through the bus and by the bare",
        "call of the SDK with the same text, message id and session id, to a stand-in broker on",
        "this machine. CPU is that of the sending process. The ratio is the median over rounds.",
        "",
        *table(
            ("side", "clock ms", "CPU ms"),
            [
                ("through the bus", *(f"{ms:.3f}" for ms in sent.ours)),
                ("bare SDK call", *(f"{ms:.3f}" for ms in sent.bare)),
                ("ratio", *(f"{ratio:.2f}" for ratio in sent.ratio)),
            ],
        )[:-1],
        "",
    ]
