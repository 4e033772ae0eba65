"""Simulated meters that demand security, read by the client of gurux-dlms: one we did not write."""

import warnings
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package's own affair
    from gurux_dlms import GXByteBuffer, GXReplyData
    from gurux_dlms.enums import Authentication, InterfaceType, Security
    from gurux_dlms.objects import GXDLMSData
    from gurux_dlms.secure import GXDLMSSecureClient

from dcud.dlms.authentication import Mechanism
from dcud.dlms.security.suite import SecuritySuite
from dcud.dlms.server import ServerParameters
from dcud.sim.wrapper_line import WrapperLine
from tests.support.secured_simulation import CLIENT, SECRET, Site

NAME = "0.0.42.0.0.255"


class Gurux:
    """The package's client before a simulated meter."""

    def __init__(self, site: Site, authentication: Any) -> None:
        self._line = WrapperLine({1: site.meter}, ServerParameters())
        self.client = GXDLMSSecureClient(
            True, 1, 1, authentication, SECRET.octets, InterfaceType.WRAPPER
        )
        ciphering = self.client.ciphering
        ciphering.systemTitle = CLIENT
        ciphering.blockCipherKey = site.keys.demand("unicast").octets
        ciphering.authenticationKey = site.keys.demand("authentication").octets
        ciphering.invocationCounter = 1
        if site.ciphered:
            ciphering.security = Security.AUTHENTICATION_ENCRYPTION

    def ask(self, frames: Any) -> Any:
        """Return what the meter says to a request, its blocks joined."""
        reply = GXReplyData()
        for frame in frames if isinstance(frames, list) else [frames]:
            self._exchange(frame, reply)
        while reply.isMoreData():
            self._exchange(self.client.receiverReady(reply), reply)
        return reply

    def _exchange(self, frame: Any, reply: Any) -> None:
        said = self._line.receive(bytes(frame), 0.0)
        assert said
        self.client.getData(GXByteBuffer(said), reply, None)
        assert reply.error == 0

    def open(self) -> None:
        """Associate, both sides proved."""
        self.client.parseAareResponse(self.ask(self.client.aarqRequest()).data)
        if self.client.authentication > Authentication.LOW:
            reply = self.ask(self.client.getApplicationAssociationRequest())
            self.client.parseApplicationAssociationResponse(reply.data)

    def name(self) -> bytes:
        """Read the logical device name."""
        data = GXDLMSData(NAME)
        reply = self.ask(self.client.read(data, 2))
        return bytes(self.client.updateValue(data, 2, reply.value))


MECHANISMS = {
    Mechanism.LOWEST: Authentication.NONE,
    Mechanism.LLS: Authentication.LOW,
    Mechanism.HLS_MD5: Authentication.HIGH_MD5,
    Mechanism.HLS_SHA1: Authentication.HIGH_SHA1,
    Mechanism.HLS_GMAC: Authentication.HIGH_GMAC,
    Mechanism.HLS_SHA256: Authentication.HIGH_SHA256,
}


@pytest.mark.parametrize("mechanism", list(MECHANISMS))
@pytest.mark.parametrize("ciphered", [False, True])
def test_every_mechanism(mechanism: Mechanism, *, ciphered: bool) -> None:
    site = Site(mechanism=mechanism, ciphered=ciphered, suite=SecuritySuite.SUITE_0)
    peer = Gurux(site, MECHANISMS[mechanism])
    peer.open()
    assert peer.name() == b"SIM0000000000001"
