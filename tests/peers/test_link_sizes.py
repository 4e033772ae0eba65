"""Links of every size and window to meters that we did not write."""

from collections.abc import Iterator

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.negotiation import SizeForm
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.obis import Obis
from dcud.dlms.secret import Secret
from dcud.line.far_end import FarEnd
from dcud.line.session import Session, SessionTiming, Watch
from dcud.line.tcp_port import TcpPort
from dcud.line.tracer import NoTracer
from tests.support.gurux_peer import Peer, gurux_peer

pytestmark = pytest.mark.e2e

PROFILE = 7


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with gurux_peer(rows=60, meters=1, max_info=512, window=7) as running:
        yield running


def parameters(transmit: int, receive: int, info: int, **more: object) -> HdlcParameters:
    return HdlcParameters(
        max_info_transmit=info,
        max_info_receive=info,
        window_transmit=transmit,
        window_receive=receive,
        response_timeout=2.0,
        **more,  # type: ignore[arg-type]  # the test names fields
    )


async def read(peer: Peer, chosen: HdlcParameters) -> bytes:
    """Return what the meter says its profile's captured objects are: several frames of it."""
    meter = peer.meters[0]
    link = HdlcLink(
        client_sap=ClientSap(peer.reading_client),
        server_address=ServerAddress(1, meter.physical),
        parameters=chosen,
    )
    authentication = LowLevelSecurity(Secret(peer.password))
    host, number = peer.hdlc
    port = TcpPort(FarEnd(host=host, port=number))
    session = Session(
        port,
        ClientConnection(link, AssociationParameters(authentication=authentication)),
        watch=Watch(tracer=NoTracer(), bus="b", meter="m"),
        timing=SessionTiming(turnaround=0.0),
    )
    await port.open()
    try:
        await session.open()
        octets = await session.get(AttributeDescriptor(PROFILE, Obis.parse(meter.load_profile), 3))
    finally:
        await session.close()
        await port.close()
    assert isinstance(octets, bytes)
    return octets


@pytest.mark.parametrize("transmit", range(1, 8))
@pytest.mark.parametrize("receive", [1, 3, 7])
async def test_every_window(peer: Peer, transmit: int, receive: int) -> None:
    wanted = await read(peer, HdlcParameters(propose=False))
    assert len(wanted) > 128
    assert await read(peer, parameters(transmit, receive, 32)) == wanted


@pytest.mark.parametrize("form", SizeForm)
@pytest.mark.parametrize("info", [32, 64, 128, 255, 256, 1024, 2030])
async def test_every_size_in_every_form(peer: Peer, form: SizeForm, info: int) -> None:
    wanted = await read(peer, HdlcParameters(propose=False))
    assert await read(peer, parameters(1, 1, info, size_form=form)) == wanted
