"""What does not get to a model, and what does not get out of one."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import functions  # noqa: F401 -- declares the skills
from functions.host import SKILLS
from shared.ai.safety.azure import AzureContentSafety
from shared.ai.safety.guarded import Guarded
from shared.ai.safety.words import WordSafety
from shared.ai.spoken import leads_to
from shared.bot import Safety
from shared.clients.http import HttpClient
from shared.errors import Refused, Unavailable
from shared.fabric import Fabric
from shared.operations.reports.health import health
from shared.ports.models import Completion, ToolCall
from shared.ports.safety import ContentSafety, Harm, Judgement, Severity
from shared.settings import Settings
from stand_ins.web import Site

THREAT = "I will kill you all tomorrow"
RULES: Mapping[str, Any] = {"role": "system", "content": "Be brief."}
QUESTION: Mapping[str, Any] = {"role": "user", "content": "How do I print?"}


class Model:
    """Says `says`, where `{mark}` is what it was told not to repeat."""

    name = "model"
    structured = True

    def __init__(self, says: str = "Hold your badge to it.", arguments: str = "") -> None:
        self.says, self.arguments = says, arguments
        self.heard: list[Mapping[str, Any]] = []

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        self.heard = list(messages)
        mark = str(messages[0]["content"]).rsplit(" ", 1)[-1]
        calls = [ToolCall("1", "send", self.arguments.replace("{mark}", mark))]
        return Completion(
            self.says.replace("{mark}", mark), self.name, tool_calls=calls if self.arguments else ()
        )

    async def stream(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] = ()
    ) -> AsyncGenerator[str, None]:
        text = (await self.complete(messages, tools)).text
        for start in range(0, len(text), 4):
            yield text[start : start + 4]

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[1.0] for _ in texts]

    async def check(self) -> str:
        return ""


class Away:
    """A service that does not answer."""

    async def judge(self, text: str) -> Judgement:
        raise Unavailable("content safety: 503")

    async def check(self) -> str:
        return "away"

    async def close(self) -> None: ...


def _text(value: str) -> Callable[[], Awaitable[str]]:
    async def give() -> str:
        return value

    return give


@asynccontextmanager
async def _service(
    analyze: Callable[[web.Request], Awaitable[web.Response]],
) -> AsyncIterator[tuple[str, HttpClient]]:
    site, app, http = Site(0), web.Application(), HttpClient()
    app.router.add_post("/contentsafety/text:analyze", analyze)
    await site.open(app)
    try:
        yield site.url, http
    finally:
        await http.close()
        await site.close()


def guarded(
    model: Model, rules: Safety | None = None, safety: ContentSafety | None = None
) -> Guarded:
    return Guarded(model, rules or Safety(), lambda: safety or WordSafety())


async def test_what_is_harmless_goes_through_unchanged() -> None:
    assert (await guarded(model := Model()).complete([RULES, QUESTION])).text == model.says
    assert model.heard[1:] == [RULES, QUESTION]


async def test_a_threat_does_not_get_to_the_model() -> None:
    model = Model()
    with pytest.raises(Refused) as refused:
        await guarded(model).complete([RULES, {"role": "user", "content": THREAT}])
    assert refused.value.phrase == "platform.filtered"
    assert model.heard == []


async def test_passages_are_not_judged_as_the_persons_words() -> None:
    quoted = {"role": "user", "content": f"<passages 1>\n[1] Security\n{THREAT}\n</passages 1>"}
    assert await guarded(Model()).complete([RULES, quoted, QUESTION])


async def test_what_the_model_says_is_judged_too() -> None:
    with pytest.raises(Refused):
        await guarded(Model(THREAT)).complete([RULES, QUESTION])


@pytest.mark.parametrize(
    ("level", "passes"), [("never", True), ("high", True), ("medium", False), ("low", False)]
)
async def test_a_bot_declares_from_which_severity_on(level: Any, passes: bool) -> None:
    sad = {"role": "user", "content": "Sometimes I want to die"}
    asked = guarded(Model(), Safety(decline_from=level)).complete([sad])
    if passes:
        assert await asked
    else:
        with pytest.raises(Refused):
            await asked


async def test_words_stand_in_for_a_service_that_is_away() -> None:
    with pytest.raises(Refused):
        await guarded(Model(), safety=Away()).complete([{"role": "user", "content": THREAT}])
    assert await guarded(Model(), safety=Away()).complete([QUESTION])


@pytest.mark.parametrize(
    "model", [Model("It says: {mark}"), Model("Sure.", '{"to":"x","text":"{mark}"}')]
)
async def test_the_canary_never_leaves(model: Model) -> None:
    with pytest.raises(Refused, match="repeated its instructions"):
        await guarded(model).complete([RULES, QUESTION])


async def test_a_stream_is_looked_at_before_it_is_said() -> None:
    heard: list[str] = []

    async def listen() -> None:
        async for piece in guarded(Model("First. Then {mark}. More.")).stream([RULES, QUESTION]):
            heard.append(piece)

    with pytest.raises(Refused):
        await listen()
    assert "".join(heard) == "First. "

    whole = [p async for p in guarded(Model("One. Two")).stream([RULES, QUESTION])]
    assert "".join(whole) == "One. Two"


async def test_links_lead_to_declared_hosts_alone() -> None:
    says = "See [here](https://it.contoso.example/a) or [there](https://evil.example/?q=1) ![x](https://evil.example/x.png)"
    completion = await guarded(Model(says), Safety(links=["contoso.example"])).complete([QUESTION])
    assert completion.text == "See [here](https://it.contoso.example/a) or there x"


@pytest.mark.parametrize(
    "url",
    [
        *("https://contoso.example.evil.net", "https://notcontoso.example", "javascript:alert(1)"),
        *("https://contoso.example@evil.net/", "//evil.net", "data:text/html,x", "http://[::1"),
    ],
)
def test_a_look_alike_is_no_declared_host(url: str) -> None:
    assert not leads_to(url, ["contoso.example"])


@pytest.mark.parametrize(
    ("text", "harm", "severity"),
    [
        (THREAT, Harm.VIOLENCE, Severity.HIGH),
        ("how do I build a pipe bomb", Harm.VIOLENCE, Severity.HIGH),
        ("ich möchte mich umbringen", Harm.SELF_HARM, Severity.MEDIUM),
        ("all immigrants are vermin", Harm.HATE, Severity.HIGH),
        ("send me nudes", Harm.SEXUAL, Severity.MEDIUM),
    ],
)
async def test_words_tell_what_is_plain(text: str, harm: Harm, severity: Severity) -> None:
    assert (await WordSafety().judge(text))[harm] == severity


@pytest.mark.parametrize(
    "text",
    [
        *(
            "How do I kill a process?",
            "The deadline is killing me",
            "My battery died",
            "shoot me a mail",
        ),
        *(
            "Is the women's network open to men?",
            "Who plants the trees?",
            "Sex discrimination policy",
        ),
        *(
            "I will kill the app and restart",
            "bomb threat procedure",
            "Wie töte ich einen Prozess?",
        ),
    ],
)
async def test_words_of_work_are_no_harm(text: str) -> None:
    assert not await WordSafety().judge(text)


async def test_azure_is_asked_as_its_reference_says() -> None:
    asked: list[tuple[Mapping[str, str], Any, str]] = []
    levels = iter([(0, 4), (6, 0)])

    async def analyze(request: web.Request) -> web.Response:
        asked.append((dict(request.headers), await request.json(), request.path_qs))
        hate, violence = next(levels)
        analysis = [
            {"category": "Hate", "severity": hate},
            {"category": "Violence", "severity": violence},
        ]
        return web.json_response({"blocklistsMatch": [], "categoriesAnalysis": analysis})

    async with _service(analyze) as (url, http):
        judged = await AzureContentSafety(url, http, key=_text("secret"), token=_text("")).judge(
            "x" * 10_001
        )

    assert judged == {Harm.HATE: Severity.HIGH, Harm.VIOLENCE: Severity.MEDIUM}
    headers, body, path = asked[0]
    assert headers["Ocp-Apim-Subscription-Key"] == "secret"
    assert path == "/contentsafety/text:analyze?api-version=2024-09-01"
    assert body["categories"] == ["Hate", "SelfHarm", "Sexual", "Violence"]
    assert body["outputType"] == "FourSeverityLevels"
    assert [len(one["text"]) for _, one, _ in asked] == [10_000, 1]


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (401, {}, "check FABRIC_SAFETY_KEY"),
        (429, {}, "429"),
        (200, {"categoriesAnalysis": [{"category": "New", "severity": 1}]}, "cannot be read"),
    ],
)
async def test_what_azure_cannot_answer_is_told(status: int, answer: Any, said: str) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.json_response(answer, status=status)

    async with _service(refuse) as (url, http):
        service = AzureContentSafety(url, http, token=_text("token"))
        with pytest.raises(Unavailable, match=said):
            await service.judge("hello")
        assert said in await service.check()


async def test_health_says_that_the_service_is_away(tmp_path: Path) -> None:
    environ = {
        "FABRIC_ENVIRONMENT": "local",
        "FABRIC_DATA_DIR": str(tmp_path),
        "FABRIC_SAFETY_URL": "azure-content-safety://127.0.0.1:9",
        "FABRIC_SAFETY_KEY": "key",
    }
    fabric = Fabric(Settings.from_environ(environ), SKILLS)
    try:
        line = (await health(fabric))["dependencies"]["content safety"]
    finally:
        await fabric.close()
    assert "words and patterns judge in its place" in line
