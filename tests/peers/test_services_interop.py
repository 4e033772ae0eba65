"""What a simulated meter does for the client of gurux-dlms, which we did not write."""

import warnings
from datetime import UTC, datetime
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package's own affair
    from gurux_dlms import GXDLMSAccessItem, GXDLMSClient
    from gurux_dlms.enums import (
        AccessServiceCommandType,
        Authentication,
        Conformance,
        DataType,
        ErrorCode,
        InterfaceType,
    )
    from gurux_dlms.GXWriteItem import GXWriteItem
    from gurux_dlms.objects import (
        GXDLMSClock,
        GXDLMSData,
        GXDLMSDisconnectControl,
        GXDLMSProfileGeneric,
    )

from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.server import ServerParameters
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.wrapper_line import WrapperLine
from tests.support.gurux_exchange import GuruxExchange

NOW = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC).timestamp()
LABEL = "0.0.96.1.9.255"
LONG = bytes(range(0x20, 0x50))
BASE = (
    Conformance.GET
    | Conformance.SET
    | Conformance.ACTION
    | Conformance.SELECTIVE_ACCESS
    | Conformance.MULTIPLE_REFERENCES
)
SERVICE_BLOCKS = (
    Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | Conformance.BLOCK_TRANSFER_WITH_ACTION
)
WAYS = {
    "blocks of each service": BASE | SERVICE_BLOCKS,
    "general blocks": BASE | Conformance.GENERAL_BLOCK_TRANSFER,
}


class Gurux:
    """The package's client before a simulated meter."""

    def __init__(self, line: str, conformance: Any, size: int = 0) -> None:
        meter = SimulatedMeter(MeterParameters(number=1, installed=NOW - 86_400), lambda: NOW)
        parameters = ServerParameters(max_receive_pdu_size=size or 1024, max_send_pdu_size=size)
        self._is_hdlc = line == "hdlc"
        self._line: HdlcLine | WrapperLine
        if self._is_hdlc:
            self._line = HdlcLine({ServerAddress(1, 17): meter}, parameters)
            address = GXDLMSClient.getServerAddress(1, 17)
            self.client = GXDLMSClient(True, 16, address, interfaceType=InterfaceType.HDLC)
        else:
            self._line = WrapperLine({1: meter}, parameters)
            self.client = GXDLMSClient(
                True, 16, 1, Authentication.NONE, None, InterfaceType.WRAPPER
            )
        self.client.proposedConformance = conformance
        self.ask = GuruxExchange(self.client, self._line).ask
        self.open()

    def open(self) -> None:
        if self._is_hdlc:
            self.client.parseUAResponse(self.ask(self.client.snrmRequest()).data)
        self.client.parseAareResponse(self.ask(self.client.aarqRequest()).data)

    def read(self, thing: Any, index: int) -> Any:
        return self.client.updateValue(thing, index, self.ask(self.client.read(thing, index)).value)


LINES = pytest.mark.parametrize("line", ["hdlc", "wrapper"])


def label(value: bytes) -> Any:
    data = GXDLMSData(LABEL)
    data.value = bytearray(value)
    data.setDataType(2, DataType.OCTET_STRING)
    return data


@LINES
@pytest.mark.parametrize("conformance", WAYS.values(), ids=list(WAYS))
def test_long_values_are_read(line: str, conformance: Any) -> None:
    peer = Gurux(line, conformance, 200)
    profile = GXDLMSProfileGeneric("1.0.99.1.0.255")
    peer.read(profile, 3)
    reply = peer.ask(peer.client.read(profile, 2))
    rows = peer.client.updateValue(profile, 2, reply.value)
    assert len(rows) == 96


@LINES
def test_several_values_at_once(line: str) -> None:
    peer = Gurux(line, BASE | SERVICE_BLOCKS)
    clock, name = GXDLMSClock("0.0.1.0.0.255"), GXDLMSData("0.0.42.0.0.255")
    wanted = [(clock, 2), (name, 2)]
    values: list[Any] = []
    for frame in peer.client.readList(wanted):
        values += peer.ask(frame).value
    peer.client.updateValues(wanted, values)
    assert bytes(name.value) == b"SIM0000000000001"


@LINES
@pytest.mark.parametrize("size", [64, 1024])
def test_a_value_is_written(line: str, size: int) -> None:
    """Whole, and in blocks of the service; for general blocks it cuts without their header."""
    peer = Gurux(line, BASE | SERVICE_BLOCKS, size)
    peer.ask(peer.client.write(label(LONG), 2))
    assert bytes(peer.read(label(b""), 2)) == LONG


@LINES
def test_several_values_are_written_at_once(line: str) -> None:
    peer = Gurux(line, BASE | SERVICE_BLOCKS)
    item = GXWriteItem()
    item.target, item.index = label(LONG), 2
    item.getDataType = lambda: DataType.OCTET_STRING
    peer.ask(peer.client.writeList([item]))
    assert bytes(peer.read(label(b""), 2)) == LONG


@LINES
def test_a_method_is_called(line: str) -> None:
    peer = Gurux(line, BASE)
    switch = GXDLMSDisconnectControl("0.0.96.3.10.255")
    peer.ask(switch.remoteDisconnect(peer.client))
    assert peer.read(switch, 2) is False
    peer.ask(switch.remoteReconnect(peer.client))
    assert peer.read(switch, 2) is True


@LINES
def test_several_things_at_once(line: str) -> None:
    """By ACCESS, in which the peer writes an empty value whatever it is given."""
    peer = Gurux(line, BASE | Conformance.ACCESS)
    peer.ask(peer.client.write(label(LONG), 2))
    switch = GXDLMSDisconnectControl("0.0.96.3.10.255")
    items = [
        GXDLMSAccessItem(AccessServiceCommandType.GET, GXDLMSData("0.0.42.0.0.255"), 2),
        GXDLMSAccessItem(AccessServiceCommandType.GET, label(b""), 2),
        GXDLMSAccessItem(AccessServiceCommandType.SET, label(LONG), 2),
        GXDLMSAccessItem(AccessServiceCommandType.GET, label(b""), 2),
        GXDLMSAccessItem(AccessServiceCommandType.GET, switch, 9),
    ]
    for item in items:
        item.target.settings = peer.client.settings  # which it looks for there
    reply = peer.ask(peer.client.accessRequest(None, items))
    peer.client.parseAccessResponse(items, reply.data)
    name, before, _, after, _ = items
    assert bytes(name.value) == b"SIM0000000000001"
    assert bytes(before.value) == LONG
    assert bytes(after.value) == b""
    assert [each.error for each in items] == [0, 0, 0, 0, ErrorCode.READ_WRITE_DENIED]
