"""Which addresses a file may be fetched from: nothing private, nothing off the list."""

import pytest

from shared.media.place import Place, check, is_public
from shared.media.unread import Reason, Unread

HOSTS = frozenset({".sharepoint.com", "lookaside.fbsbx.com"})

_PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.8.8.8 168.63.129.16
169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.254 192.0.0.8 192.0.2.1 192.168.1.1 198.18.0.1
198.51.100.7 203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 64:ff9b::7f00:1
64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: fc00::1
fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 localhost 2130706433 0x7f.1
"""
PRIVATE = _PRIVATE.split()

ELSEWHERE = (
    "http://contoso.sharepoint.com/a",
    "ftp://contoso.sharepoint.com/a",
    "file:///etc/passwd",
    "//contoso.sharepoint.com/a",
    "data:text/plain,hello",
    "",
    "https://",
    "https:///a",
    "https://example.com/a",
    "https://sharepoint.com/a",
    "https://sharepoint.com.example.com/a",
    "https://contoso.sharepoint.com.example.com/a",
    "https://evilsharepoint.com/a",
    "https://example.com/contoso.sharepoint.com",
    "https://example.com?.sharepoint.com",
    "https://example.com#.sharepoint.com",
    "https://contoso.sharepoint.com@example.com/a",
    "https://contoso.sharepoint.com:443@127.0.0.1/a",
    "https://user:word@contoso.sharepoint.com/a",
    "https://example.com\\.sharepoint.com/a",
    "https://example.com\\@contoso.sharepoint.com/a",
    "https://contoso.sharepoint.com\\@example.com/a",
    "https://127.0.0.1%2f.sharepoint.com/a",
    "https://127.0.0.1%00.sharepoint.com/a",
    "https://contoso.sharepoint.com./a",
    "https://contoso.sharepoint.com:80/a",
    "https://contoso.sharepoint.com:6379/a",
    "https://contoso.sharepoint.com:/a",
    "https://contoso。sharepoint。com/a",
    "https://contoso.ſharepoint.com/a",
    " https://contoso.sharepoint.com/a",
    "https://contoso.sharepoint.com/a b",
    "https://contoso.sharepoint.com/a\r\nHost: example.com",
    "https://contoso.sharepoint.com/a\n",
    "https://other.lookaside.fbsbx.com/a",
    "https://127.0.0.1/a",
    "https://2130706433/a",
    "https://0x7f000001/a",
    "https://0177.0.0.1/a",
    "https://127.1/a",
    "https://[::1]/a",
    "https://[::ffff:127.0.0.1]/a",
    "https://[fd00::1]/a",
    "https://169.254.169.254/metadata/instance",
    "http://169.254.169.254/metadata/identity/oauth2/token",
    "https://168.63.129.16/machine",
    "https://localhost/a",
    "http://localhost:7071/admin/host/status",
    "https://contoso.sharepoint.com/" + "a" * 9_000,
)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "20.190.160.1", "2603:1020::1", "2a03:2880::1"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_url_off_the_list_is_refused(url: str) -> None:
    with pytest.raises(Unread) as refused:
        check(url, Place(url, HOSTS))

    assert refused.value.reason is Reason.GONE


@pytest.mark.parametrize(
    "url",
    [
        "https://contoso.sharepoint.com/a/b%20c.pdf?tempauth=a.b-c~d&x=[1]",
        "https://contoso-my.SharePoint.com:443/a",
        "HTTPS://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1",
    ],
)
def test_a_url_on_the_list_is_allowed(url: str) -> None:
    check(url, Place(url, HOSTS))


@pytest.mark.parametrize("url", ["http://127.0.0.1:81/a", "http://localhost/a", "http://[::1]:9/a"])
def test_this_machine_is_allowed_where_the_place_says_so(url: str) -> None:
    check(url, Place(url, HOSTS, loopback=True))

    with pytest.raises(Unread):
        check(url, Place(url, HOSTS))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.2/a", "http://10.0.0.1/a", "http://localhost.example.com/a"]
)
def test_this_machine_is_no_other(url: str) -> None:
    with pytest.raises(Unread):
        check(url, Place(url, HOSTS, loopback=True))
