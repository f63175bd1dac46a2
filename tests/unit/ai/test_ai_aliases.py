"""FABRIC_AI_MODELS in both its forms, and what is said about a wrong one."""

from contextlib import aclosing
from typing import Any

import pytest

from shared.ai.aliases import Deployment, read_aliases
from shared.ai.openai_models import OpenAIModels
from shared.errors import ConfigurationError
from stand_ins.openai.server import KEY, OpenAIServer

OTHER = "azure-openai://other.openai.azure.com"


def nobody() -> Any:
    raise AssertionError("an identity is asked for only when a call is made")


def models(
    aliases: str, url: str = "azure-openai://main.openai.azure.com", *, key: str = "secret-key"
) -> OpenAIModels:
    return OpenAIModels(
        url, aliases, base_url=lambda host: f"https://{host}", key=key, credential=nobody
    )


def test_a_list_is_an_order_of_preference() -> None:
    text = '{"default": "gpt-4.1-mini", "smart": ["gpt-5-mini", "gpt-4.1"]}'
    assert read_aliases(text, {}) == {
        "default": (Deployment("gpt-4.1-mini", 1),),
        "smart": (Deployment("gpt-5-mini", 1), Deployment("gpt-4.1", 2)),
    }


def test_the_short_form_says_the_same() -> None:
    long = '{"default": "gpt-4.1-mini", "smart": ["gpt-5-mini", "gpt-4.1"]}'
    assert read_aliases("default=gpt-4.1-mini, smart=gpt-5-mini | gpt-4.1", {}) == (
        read_aliases(long, {})
    )


def test_priorities_and_other_resources_are_named() -> None:
    text = '{"x": [{"deployment": "a", "priority": 1}, {"deployment": "b", "priority": 1, '
    text += f'"url": "{OTHER}", "key": "$OTHER_KEY"}}]}}'
    assert read_aliases(text, {"OTHER_KEY": "k"})["x"] == (
        Deployment("a", 1),
        Deployment("b", 1, OTHER, "k"),
    )


def test_nothing_is_no_alias() -> None:
    assert read_aliases("", {}) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON at character 1"),
        ('{"a": "x", "a": "y"}', "names 'a' twice"),
        ("a=x,a=y", "names 'a' twice"),
        ("gpt-4.1", "'gpt-4.1' is not alias=deployment"),
        ("=gpt-4.1", "is not alias=deployment"),
        ("a=", "a deployment has no name"),
        ('{"a": []}', "'a' has no deployment"),
        ('{"a": 7}', "neither a name nor an object"),
        ('{"a": null}', "neither a name nor an object"),
        ('{"a": {"deployment": ""}}', "a deployment has no name"),
        ('{"a": {"model": "x"}}', "unknown key 'model'; there are deployment, key"),
        ('{"a": {"deployment": "x", "priority": "1"}}', "priority is '1'"),
        ('{"a": {"deployment": "x", "priority": true}}', "priority is True"),
        ('{"a": {"deployment": "x", "url": "https://x.example"}}', "write azure-openai://"),
        ('{"a": {"deployment": "x", "url": "openai://x.example/v1"}}', "without a path"),
        ('{"a": {"deployment": "x", "key": "abc", "url": "openai://x"}}', "write $NAME"),
        ('{"a": {"deployment": "x", "key": "$K"}}', "a key needs a url"),
        ('{"a": {"deployment": "x", "key": "$K", "url": "openai://x"}}', "set the variable K"),
    ],
)
def test_a_wrong_setting_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_aliases(text, {})
    assert says in str(caught.value)
    assert "FABRIC_AI_MODELS" in str(caught.value)
    assert "abc" not in str(caught.value)


def test_an_unknown_alias_is_told_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"no alias 'smart'.*default"):
        models("default=gpt").named("smart")


def test_without_aliases_each_is_a_deployment() -> None:
    assert models("").named("gpt-4.1-mini").name == "gpt-4.1-mini"


@pytest.mark.parametrize("url", ["openai://api.openai.com", OTHER])
def test_openai_needs_a_key_and_azure_an_identity(url: str) -> None:
    if url.startswith("azure"):
        assert models("", url, key="")
    else:
        with pytest.raises(ConfigurationError, match="FABRIC_AI_KEY"):
            models("", url, key="")


@pytest.mark.parametrize("url", ["azure-openai://", "openai:///v1", "openai://k@host"])
def test_a_wrong_url_names_the_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="FABRIC_AI_URL"):
        models("", url)


async def test_every_call_says_how_long_an_answer_may_be() -> None:
    aliases = '{"default": "gpt", "long": {"deployment": "gpt", "output_tokens": 4000}}'
    async with OpenAIServer() as server:
        models = OpenAIModels(
            "openai://host", aliases, base_url=lambda host: server.url, key=KEY, credential=nobody
        )
        said = [{"role": "user", "content": "hello"}]
        await models.named("default").complete(said)
        await models.named("long").complete(said)
        async with aclosing(models.named("default").stream(said)) as pieces:
            async for _ in pieces:
                pass
        await models.close()
    assert [body["max_completion_tokens"] for body in server.asked] == [1000, 4000, 1000]


@pytest.mark.parametrize("tokens", ["0", "true", '"many"'])
def test_a_limit_of_an_answer_is_a_number(tokens: str) -> None:
    entry = f'{{"default": {{"deployment": "gpt", "output_tokens": {tokens}}}}}'
    with pytest.raises(ConfigurationError, match="output_tokens"):
        read_aliases(entry, {})
