"""Every stand-in of the registry starts, says how it is used, and stops."""

import asyncio
import socket
from pathlib import Path

import pytest

from stand_ins.crm.server import CrmServer
from stand_ins.registry import SERVICES, Service, StandIns
from stand_ins.server import HOST

ROOT = Path(__file__).parents[3]


def crm() -> CrmServer:
    return CrmServer()


async def is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(probe, (HOST, port))
        except ConnectionRefusedError:
            return False
        return True


def ports(stand_ins: StandIns) -> list[int]:
    addresses = [server.address.removeprefix("http://") for server in stand_ins.running.values()]
    return [int(address.partition("/")[0].rpartition(":")[2]) for address in addresses]


async def test_what_is_missing_is_left_out_with_its_reason() -> None:
    services = [
        Service("CRM", lambda around: crm()),
        Service("Other", lambda around: crm(), missing=lambda: "needs node"),
    ]

    async with StandIns([], services) as stand_ins:
        assert list(stand_ins.running) == ["CRM"]
        assert [(left.name, left.reason) for left in stand_ins.left] == [("Other", "needs node")]


async def test_one_that_does_not_start_stops_those_before_it() -> None:
    def broken(around: object) -> CrmServer:
        raise OSError("no more ports")

    stand_ins = StandIns([], [Service("CRM", lambda around: crm()), Service("Broken", broken)])

    with pytest.raises(OSError, match="no more ports"):
        await stand_ins.__aenter__()

    assert not any([await is_open(port) for port in ports(stand_ins)])


async def test_one_knows_the_settings_of_those_before_it() -> None:
    seen: list[object] = []

    def second(around: object) -> CrmServer:
        seen.append(around)
        return crm()

    services = [Service("CRM", lambda around: crm()), Service("Second", second)]
    async with StandIns([], services):
        [around] = seen
        assert getattr(around, "settings", {})["CRM_KEY"] == "crm-key"


async def test_all_start_with_the_settings_of_each_and_stop() -> None:
    async with StandIns([]) as stand_ins:
        assert len(stand_ins.running) + len(stand_ins.left) == len(SERVICES)
        assert all([await is_open(port) for port in ports(stand_ins)])
        for server in stand_ins.running.values():
            assert server.settings.items() <= stand_ins.settings.items()

    assert not any([await is_open(port) for port in ports(stand_ins)])
