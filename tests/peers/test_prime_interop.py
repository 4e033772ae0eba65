"""A PRIME link against meters that we did not write.

The package's server knows nothing of PRIME networks: it takes no notice of the messages to a base
node, and its meters answer to the port that is a node's number here. What passes between client and
meter is all its own.
"""

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.obis import Obis
from dcud.dlms.prime.link import PrimeLink
from dcud.dlms.secret import Secret
from dcud.line.far_end import FarEnd
from dcud.line.session import Session, SessionTiming, Watch
from dcud.line.tcp_port import TcpPort
from dcud.line.tracer import NoTracer
from tests.support.gurux_peer import gurux_peer

pytestmark = pytest.mark.e2e


async def test_a_register_and_a_profile() -> None:
    with gurux_peer(rows=50, meters=2) as peer:
        meter = peer.meters[1]
        host, tcp_port = peer.wrapper
        port = TcpPort(FarEnd(host=host, port=tcp_port))
        link = PrimeLink(client_sap=ClientSap(peer.reading_client), node=meter.wrapper_sap)
        session = Session(
            port,
            ClientConnection(
                link,
                AssociationParameters(authentication=LowLevelSecurity(Secret(peer.password))),
            ),
            watch=Watch(tracer=NoTracer(), bus="b", meter="m"),
            timing=SessionTiming(turnaround=0.0),
        )
        await port.open()
        try:
            await session.open()
            for (class_id, name, index), octets in meter.attributes.items():
                wanted = AttributeDescriptor(class_id, Obis.parse(name), index)
                assert await session.get(wanted) == octets
            profile = await session.get(AttributeDescriptor(7, Obis.parse(meter.load_profile), 2))
            assert isinstance(profile, bytes)
            assert profile[:2] == b"\x01\x32"  # an array of 50
        finally:
            await session.close()
            await port.close()
