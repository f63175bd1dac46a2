"""Exactly the connector's addresses, whatever they are dressed up as."""

import pytest

from shared.channels.service_url import allowed

LISTED = frozenset({"127.0.0.1:5001", "connector.contoso.example:8443", "[::1]:5001"})


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.trafficmanager.net",
        "https://smba.trafficmanager.net/",
        "https://smba.trafficmanager.net/emea/",
        "https://smba.trafficmanager.net:443/teams/",
        "https://SMBA.Trafficmanager.NET/emea/0-a_b~c/",
        "https://smba.onyx.prod.teams.trafficmanager.net/v1/",
        "https://smba.infra.gcc.teams.microsoft.com/teams",
    ],
)
def test_a_connector_is_allowed(url: str) -> None:
    assert allowed(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "smba.trafficmanager.net",
        "http://smba.trafficmanager.net/",
        "https://smba.trafficmanager.net:8443/",
        "https://smba.trafficmanager.net:/",
        "https://smba.trafficmanager.net./",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evil-smba.trafficmanager.net/",
        "https://user@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://evil.example\\@smba.trafficmanager.net/",
        "https://evil.example#@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net/?next=x",
        "https://smba.trafficmanager.net/#x",
        "https://smba.trafficmanager.net/a/../b",
        "https://smba.trafficmanager.net/./",
        "https://smba.trafficmanager.net/%2e%2e/",
        "https://smba%2etrafficmanager.net/",
        "https://smba.trafficmanager.net/\r\nHost: evil.example",
        "https://smba.trafficmanager.net/\n",
        " https://smba.trafficmanager.net/",
        "https://\u017fmba.trafficmanager.net/",
        "https://smba.trafficmanager\u3002net/",
        "https://smba.trafficmanager.net/" + "a" * 2000,
        "https://smba.infra.gov.teams.microsoft.us/gcch",
        "https://webchat.botframework.com/",
        "https://mybot.azurewebsites.net/",
        "https://127.0.0.1/",
        "https://0x7f000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_anything_else_is_not(url: str) -> None:
    assert not allowed(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5001/_connector",
        "http://[::1]:5001/",
        "https://connector.contoso.example:8443/teams/",
    ],
)
def test_a_listed_host_is_allowed(url: str) -> None:
    assert allowed(url, extra=LISTED)
    assert not allowed(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5002/",
        "http://localhost:5001/",
        "http://connector.contoso.example:8443/",
        "https://connector.contoso.example/",
        "https://user@connector.contoso.example:8443/",
    ],
)
def test_listing_is_exact_and_http_is_for_loopback(url: str) -> None:
    assert not allowed(url, extra=LISTED)


def test_loopback_means_any_port_of_this_machine() -> None:
    assert allowed("http://localhost:56150/_connector", loopback=True)
    assert not allowed("http://localhost:99999/", loopback=True)
    assert not allowed("http://10.0.0.1:56150/", loopback=True)
