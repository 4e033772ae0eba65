"""What a simulated meter with short names does for the client of gurux-dlms, which isn't ours.

The peer can't go on reading block by block: its request for the next one lacks the tag.
"""

import warnings
from datetime import UTC, datetime
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package's own affair
    from gurux_dlms import GXDLMSClient
    from gurux_dlms.enums import Authentication, Conformance, DataType, InterfaceType

from dcud.dlms.authentication import NO_SECURITY, LowLevelSecurity
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.secret import Secret
from dcud.dlms.server import ServerParameters
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters
from dcud.sim.short_named_meter import ShortNamedMeter
from dcud.sim.wrapper_line import WrapperLine
from tests.support.gurux_exchange import GuruxExchange

NOW = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC).timestamp()
PASSWORD = b"12345678"
LINES = pytest.mark.parametrize("line", ["hdlc", "wrapper"])


class Gurux:
    """The package's client before a simulated meter, with the meter's objects."""

    def __init__(self, line: str, *, size: int = 1024, password: bytes = b"") -> None:
        demand = LowLevelSecurity(Secret(password)) if password else NO_SECURITY
        parameters = ServerParameters(
            authentication=demand, max_receive_pdu_size=size, max_send_pdu_size=size
        )
        meter = ShortNamedMeter(MeterParameters(number=1, installed=NOW - 86_400), lambda: NOW)
        self._line: HdlcLine | WrapperLine
        if line == "hdlc":
            self._line = HdlcLine({ServerAddress(1, 17): meter}, parameters)
            address, interface = GXDLMSClient.getServerAddress(1, 17), InterfaceType.HDLC
        else:
            self._line = WrapperLine({1: meter}, parameters)
            address, interface = 1, InterfaceType.WRAPPER
        authentication = Authentication.LOW if password else Authentication.NONE
        self.client = GXDLMSClient(False, 16, address, authentication, password, interface)
        if size < 1024:
            self.client.proposedConformance |= Conformance.GENERAL_BLOCK_TRANSFER
        self.ask = GuruxExchange(self.client, self._line).ask
        if line == "hdlc":
            self.client.parseUAResponse(self.ask(self.client.snrmRequest()).data)
        self.client.parseAareResponse(self.ask(self.client.aarqRequest()).data)
        listed = self.ask(self.client.getObjectsRequest()).data
        self.objects = {o.logicalName: o for o in self.client.parseObjects(listed, True)}

    def read(self, logical_name: str, index: int) -> Any:
        thing = self.objects[logical_name]
        return self.client.updateValue(thing, index, self.ask(self.client.read(thing, index)).value)


@LINES
@pytest.mark.parametrize("size", [200, 1024])
def test_values_are_read(line: str, size: int) -> None:
    """Whole, and in general blocks where the list of objects is too long."""
    peer = Gurux(line, size=size)
    assert len(peer.objects) > 20
    assert peer.objects["0.0.40.0.0.255"].shortName == 0xFA00
    assert peer.read("0.0.42.0.0.255", 2) == "SIM0000000000001"


@LINES
def test_a_password(line: str) -> None:
    assert Gurux(line, password=PASSWORD).read("0.0.42.0.0.255", 2) == "SIM0000000000001"


@LINES
def test_several_values_at_once(line: str) -> None:
    peer = Gurux(line)
    clock, name = peer.objects["0.0.1.0.0.255"], peer.objects["0.0.42.0.0.255"]
    wanted = [(clock, 2), (name, 2)]
    values: list[Any] = []
    for frame in peer.client.readList(wanted):
        values += peer.ask(frame).value
    peer.client.updateValues(wanted, values)
    assert bytes(name.value) == b"SIM0000000000001"


@LINES
def test_a_part_of_a_profile(line: str) -> None:
    peer = Gurux(line)
    profile = peer.objects["1.0.99.1.0.255"]
    peer.read("1.0.99.1.0.255", 3)
    reply = peer.ask(peer.client.readRowsByEntry(profile, 1, 4))
    assert len(peer.client.updateValue(profile, 2, reply.value)) == 4


@LINES
def test_a_whole_profile_in_general_blocks(line: str) -> None:
    peer = Gurux(line, size=200)
    peer.read("1.0.99.1.0.255", 3)
    assert len(peer.read("1.0.99.1.0.255", 2)) == 96


@LINES
def test_a_value_is_written(line: str) -> None:
    peer = Gurux(line)
    label = peer.objects["0.0.96.1.9.255"]
    label.value = bytearray(range(0x80, 0xB0))
    label.setDataType(2, DataType.OCTET_STRING)
    peer.ask(peer.client.write(label, 2))
    assert bytes(peer.read("0.0.96.1.9.255", 2)) == bytes(range(0x80, 0xB0))


@LINES
def test_a_method_is_called(line: str) -> None:
    peer = Gurux(line)
    switch = peer.objects["0.0.96.3.10.255"]
    assert peer.read("0.0.96.3.10.255", 2) is True
    peer.ask(switch.remoteDisconnect(peer.client))
    assert peer.read("0.0.96.3.10.255", 2) is False
