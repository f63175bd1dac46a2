"""A client is known by the network that the front end names, not by what it says of itself."""

import pytest

from shared.channels.directline.network import network_of


@pytest.mark.parametrize(
    ("header", "network"),
    [
        ("", ""),
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:51000", "203.0.113.9"),
        ("1.2.3.4, 203.0.113.9:51000", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::/64"),
        ("[fe80::1%eth0]:443", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown", "unknown"),
    ],
)
def test_a_client_is_its_ipv4_address_or_its_ipv6_subnet(header: str, network: str) -> None:
    assert network_of({"x-forwarded-for": header}) == network


def test_behind_two_front_ends_the_first_one_of_ours_names_the_client() -> None:
    headers = {"x-forwarded-for": "6.6.6.6, 203.0.113.9, 10.0.0.1"}
    assert network_of(headers, proxies=2) == "203.0.113.9"
    assert network_of({"x-forwarded-for": "10.0.0.1"}, proxies=2) == ""
