"""The figures as a page of Markdown: what was measured, how, and which targets are met."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench import peers, report_azure, report_knowledge, report_load, report_price
from bench.ack_latency import AckLatency
from bench.before import Before
from bench.bus import BATCH, Rates
from bench.cold_start import HEAVY, ColdStart
from bench.connector import CONVERSATIONS, percentile
from bench.echo_turn import BARE, IN_PROCESS, LOCAL_HOST, Side
from bench.first_contact import Times
from bench.markdown import ms, table
from bench.packed_start import PackedStart
from bench.price import Price
from bench.report_knowledge import Finding
from bench.report_load import UnderLoad
from bench.servicebus_send import SendCost


@dataclass(frozen=True)
class Figures:
    """`echo` by side, `bus` by synchronous mode.

    `first` by what the app stands on; `servicebus` is None where there was no broker.
    """

    date: str
    machine: str
    load: float
    cold: ColdStart
    packed: PackedStart
    token_us: float
    price: Price
    echo: Mapping[str, Side]
    counts: Mapping[int, int]
    ack: AckLatency
    bus: Mapping[str, Rates]
    under_load: UnderLoad
    first: Mapping[str, Times]
    finding: Finding
    servicebus: SendCost | None = None
    before: Before = field(default_factory=Before)


def page(figures: Figures) -> str:
    fsync = figures.ack.fsync
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `PEERS=1 make bench`; `make bench` prints the same without the peers, and",
            "`BEFORE=FOLDER` measures another checkout in the same run.",
            "All sides are measured in turn in one run. A figure is the median of its rounds; CPU",
            "is user and system time.",
            "",
            f"- {figures.date}",
            f"- {figures.machine}; load average {figures.load:.1f} at the start",
            f"- fsync of 4 KiB on this disk: p50 {ms(percentile(fsync, 50))} ms, "
            f"p99 {ms(percentile(fsync, 99))} ms",
            "",
            *_targets(figures),
            *report_price.sections(figures.price),
            *_cold(figures.cold),
            *_packed(figures.packed),
            *_echo(figures.echo, figures.counts),
            *_ack(figures.ack),
            *_bus(figures.bus),
            *report_load.sections(figures.under_load),
            *report_knowledge.sections(figures.finding),
            *report_azure.sections(figures.first, figures.servicebus),
        ]
    )


def _targets(figures: Figures) -> list[str]:
    packed = figures.packed.ratio
    rows = [
        ("cold start, times `azure.functions`", figures.cold.ratio, "<=", 1.5),
        ("the same with Azure's services configured", figures.cold.azure_ratio, "<=", 1.5),
        ("packed app of one skill, times an empty app in Microsoft's worker", packed, "<=", 1.3),
        ("heavy modules at a cold start", len(_heavy(figures.cold)), "<=", 0),
        ("token check, us of CPU", figures.token_us, "<=", 130),
    ]
    ours = figures.echo[IN_PROCESS]
    for concurrency in figures.counts:
        for name, part in (("agents", 0.6 if concurrency == 1 else 0.45), ("botbuilder", 1 / 6)):
            if peer := figures.echo.get(peers.TITLES[name]):
                ratio = ours.cpu_ms(concurrency) / peer.cpu_ms(concurrency)
                what = f"echo turn, CPU, times {peers.TITLES[name]}, {_at_once(concurrency)}"
                rows.append((what, ratio, "<=", part))
    ack = figures.ack
    rows.append(("ack p99, ms", percentile(ack.host, 99) * 1000, "<=", ack.allowed * 1000))
    for mode, rates in figures.bus.items():
        what = f"bus, times a queue by hand, synchronous={mode}"
        least = 0.85 if mode == "FULL" else 0.75
        rows.append((what, rates.bus / rates.by_hand, ">=", least))
    if sent := figures.servicebus:
        for what, ratio in zip(("clock", "CPU"), sent.ratio, strict=True):
            rows.append((f"Service Bus send, {what}, times the bare SDK call", ratio, "<=", 1.3))
    rows += report_load.targets(figures.under_load)
    rows += report_knowledge.targets(figures.finding)
    earlier = ["before"] if figures.before.rows else []
    told = [f"*Before* is commit {figures.before.commit}, measured in the same run.", ""]
    return [
        "## Targets",
        "",
        *(told if earlier else ()),
        *table(
            ("what", *earlier, "measured", "target", ""),
            [
                (
                    *(what, *(figures.before.rows.get(what, "") for _ in earlier), f"{value:.2f}"),
                    *(f"{sign} {target:.2f}", _verdict(value, sign, target)),
                )
                for what, value, sign, target in rows
            ],
        ),
    ]


def _cold(cold: ColdStart) -> list[str]:
    heavy = _heavy(cold)
    rest = [name for name in cold.loaded if name not in heavy]
    return [
        "## Cold start",
        "",
        "CPU of a fresh process, compiled, with the sample bots and `FABRIC_ENVIRONMENT=local`.",
        "",
        *table(
            ("process", "CPU ms"),
            [
                ("`python -c pass`", f"{cold.bare_ms:.0f}"),
                ("`import azure.functions`", f"{cold.base_ms:.0f}"),
                ("`import function_app`", f"{cold.app_ms:.0f}"),
                ("`import function_app`, Azure's services configured", f"{cold.azure_ms:.0f}"),
            ],
        ),
        f"{cold.modules} modules. Of {', '.join(HEAVY)}: {', '.join(heavy) or 'none'}. "
        f"Also worth a look: {', '.join(rest) or 'none'} loaded.",
        "",
    ]


def _packed(packed: PackedStart) -> list[str]:
    return [
        "A fresh process imports Microsoft's own Python worker (azure-functions-runtime 1.3.0)",
        "and indexes an app: one with a single function, and what `botfabric pack` makes of one",
        "skill, with Azure's services configured.",
        "",
        *table(
            ("app", "CPU ms"),
            [
                ("empty, one function", f"{packed.empty_ms:.0f}"),
                (f"packed, {packed.functions} functions", f"{packed.packed_ms:.0f}"),
            ],
        ),
        "",
    ]


def _echo(echo: Mapping[str, Side], counts: Mapping[int, int]) -> list[str]:
    names = [IN_PROCESS, LOCAL_HOST, *peers.TITLES.values(), BARE]
    return [
        "## Echo turn",
        "",
        "A Teams message with a signed token is posted, checked, answered with its text, and the",
        "answer is posted to a stub connector. The connector posts, signs and answers in a process",
        "of its own; only the bot's process is counted. So many messages are between post and",
        f"answer at once; they take turns through {CONVERSATIONS} conversations.",
        "",
        "Bot Fabric also commits state, transcript and outbox, and its queue, durably",
        "(`synchronous=FULL`); the peers keep nothing. *In process* is without an HTTP server:",
        "accept, enqueue, handle, commit, send, settle. *Local host* is `botfabric run` whole.",
        "",
        "The peers run on aiohttp with token validation on, the keys read from the stub connector;",
        "their own token for the connector is constant instead of fetched by MSAL, ours is fetched",
        "once from the stub. Bare aiohttp reads the body and answers 200.",
        "",
        *table(
            ("side", *(f"CPU ms a message, {_at_once(c)}" for c in counts), *map(_clock, counts)),
            [
                (
                    name,
                    *(f"{echo[name].cpu_ms(c):.2f}" for c in counts),
                    *(f"{echo[name].clock_ms(c):.2f}" for c in counts),
                )
                for name in names
                if name in echo
            ],
        ),
    ]


def _ack(ack: AckLatency) -> list[str]:
    sides = [
        ("local host, the turn runs after the ack", ack.host),
        ("local host with `--no-triggers`", ack.door),
        ("bare aiohttp", ack.bare),
        ("one fsync", ack.fsync),
    ]
    return [
        "## Ack",
        "",
        "Milliseconds from post to 202, one message at a time, each after the one before is",
        f"answered. Allowed at p99: three times bare aiohttp and one fsync, {ms(ack.allowed)} ms.",
        "",
        *table(
            ("side", "p50", "p90", "p99"),
            [(name, *(ms(percentile(v, q)) for q in (50, 90, 99))) for name, v in sides],
        ),
    ]


def _bus(bus: Mapping[str, Rates]) -> list[str]:
    return [
        "## Embedded bus",
        "",
        f"Messages a second through send, receive and complete in batches of {BATCH}, against a",
        "queue written by hand on the same SQLite, without sessions, schedule or dead letters. It",
        "knows a copy while the message is there; the bus, and the other one by hand, also later.",
        "",
        *table(
            ("synchronous", "embedded bus", "by hand", "ratio", "by hand, ids kept", "ratio"),
            [
                (
                    mode,
                    f"{rates.bus:,.0f}",
                    f"{rates.by_hand:,.0f}",
                    f"{rates.bus / rates.by_hand:.2f}",
                    f"{rates.remembering:,.0f}",
                    f"{rates.bus / rates.remembering:.2f}",
                )
                for mode, rates in bus.items()
            ],
        ),
    ]


def _heavy(cold: ColdStart) -> list[str]:
    return [name for name in cold.loaded if name in HEAVY]


def _verdict(value: float, sign: str, target: float) -> str:
    return "met" if (value <= target if sign == "<=" else value >= target) else "**missed**"


def _at_once(concurrency: int) -> str:
    return f"{concurrency} at once" if concurrency > 1 else "one at a time"


def _clock(concurrency: int) -> str:
    return f"clock ms, {_at_once(concurrency)}"
