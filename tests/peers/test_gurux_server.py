"""The peer's meters, proved with the peer's own client: what it says of itself is true."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
from gurux_dlms.ecdsa.GXPrivateKey import GXPrivateKey
from gurux_dlms.ecdsa.GXPublicKey import GXPublicKey
from gurux_dlms.enums import Authentication, InterfaceType, Security
from gurux_dlms.GXDLMSException import GXDLMSException
from gurux_dlms.objects import (
    GXDLMSClock,
    GXDLMSProfileGeneric,
    GXDLMSRegister,
)
from gurux_dlms.objects.enums import SecuritySuite
from gurux_dlms.secure import GXDLMSSecureClient

from tests.support.gurux_peer import Peer, PeerMeter, gurux_peer

pytestmark = pytest.mark.e2e

Transport = tuple[Callable[[bytes], object], Callable[[], bytes]]


@contextmanager
def on_tcp(address: tuple[str, int]) -> Iterator[Transport]:
    with socket.create_connection(address, timeout=10) as connection:
        yield connection.sendall, lambda: connection.recv(4096)


@contextmanager
def on_pty(path: str) -> Iterator[Transport]:
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        yield lambda octets: os.write(descriptor, octets), lambda: os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


class Reader:
    """As much of a reader as the package leaves to its users."""

    def __init__(
        self, transport: Transport, peer: Peer, meter: PeerMeter, *, wrapper: bool
    ) -> None:
        self.send, self.receive = transport
        self.client = GXDLMSClient(
            True,
            peer.reading_client,
            meter.wrapper_sap if wrapper else GXDLMSClient.getServerAddress(1, meter.physical),
            Authentication.LOW,
            peer.password.decode(),
            InterfaceType.WRAPPER if wrapper else InterfaceType.HDLC,
        )

    def exchange(self, requests: object) -> GXReplyData:
        reply = GXReplyData()
        for request in requests if isinstance(requests, list) else [requests]:
            reply = GXReplyData()
            self.one(request, reply)
            while reply.isMoreData():
                self.one(self.client.receiverReady(reply), reply)
        if reply.error:
            raise RuntimeError(reply.error)
        return reply

    def one(self, request: bytes, reply: GXReplyData) -> None:
        self.send(bytes(request))
        received = GXByteBuffer()
        received.set(self.receive())
        while not self.client.getData(received, reply, None):
            received.set(self.receive())

    def open(self) -> None:
        if self.client.interfaceType == InterfaceType.HDLC:
            self.client.parseUAResponse(self.exchange(self.client.snrmRequest()).data)
        self.client.parseAareResponse(self.exchange(self.client.aarqRequest()).data)

    def close(self) -> None:
        self.exchange(self.client.releaseRequest())
        if self.client.interfaceType == InterfaceType.HDLC:
            self.exchange(self.client.disconnectRequest())

    def get(self, item: object, attribute: int) -> object:
        return self.client.updateValue(
            item, attribute, self.exchange(self.client.read(item, attribute)).value
        )


def check(reader: Reader, meter: PeerMeter) -> None:
    reader.open()
    clock = GXDLMSClock("0.0.1.0.0.255")
    reader.get(clock, 2)
    assert clock.time.value == meter.rows[0][0]
    for register in meter.registers[:9]:
        item = GXDLMSRegister(register.logical_name)
        assert reader.get(item, 2) == register.value
    profile = GXDLMSProfileGeneric(meter.load_profile)
    reader.get(profile, 3)
    begin = meter.rows[10][0]
    request = reader.client.readRowsByRange(profile, begin, begin + timedelta(hours=10))
    reader.client.updateValue(profile, 2, reader.exchange(request).value)
    rows = [(row[0].value, tuple(row[1:])) for row in profile.buffer]
    assert rows == [*meter.rows[10:51]]
    reader.close()


@pytest.mark.parametrize("max_pdu", [100, 1024])
def test_the_packages_own_client_reads_what_is_told(max_pdu: int) -> None:
    with gurux_peer(rows=100, max_pdu=max_pdu) as peer:
        first, second = peer.meters
        with on_pty(peer.pty) as line:
            check(Reader(line, peer, first, wrapper=False), first)
            check(Reader(line, peer, second, wrapper=False), second)
        with on_tcp(peer.hdlc) as line:
            check(Reader(line, peer, second, wrapper=False), second)
        with on_tcp(peer.wrapper) as line:
            check(Reader(line, peer, first, wrapper=True), first)


def test_a_wrong_password_is_rejected() -> None:
    with gurux_peer(rows=1, meters=1) as peer, on_tcp(peer.hdlc) as line:
        reader = Reader(line, peer, peer.meters[0], wrapper=False)
        reader.client.password = "wrong"  # noqa: S105  # which is the point
        with pytest.raises(GXDLMSException, match="Authentication"):
            reader.open()


CLIENT_TITLE = b"CLIENT01"
CLIENT_KEY = GXPrivateKey.fromRawBytes(bytes(range(2, 34)))
CLIENT_PUBLIC_KEY = bytes(CLIENT_KEY.getPublicKey().rawValue)[1:].hex()
HIGH = (
    Authentication.HIGH,
    Authentication.HIGH_MD5,
    Authentication.HIGH_SHA1,
    Authentication.HIGH_GMAC,
    Authentication.HIGH_SHA256,
    Authentication.HIGH_ECDSA,
)
PROTECTIONS = (Security.AUTHENTICATION, Security.ENCRYPTION, Security.AUTHENTICATION_ENCRYPTION)


class SecuredReader(Reader):
    """A reader with keys."""

    def __init__(
        self,
        transport: Transport,
        peer: Peer,
        authentication: int,
        security: int = Security.NONE,
        *,
        wrapper: bool,
    ) -> None:
        super().__init__(transport, peer, peer.meters[0], wrapper=wrapper)
        secrets = peer.meters[0].secrets
        self.client = GXDLMSSecureClient(
            True,
            peer.first_secured_client + authentication,
            self.client.serverAddress,
            authentication,
            secrets.hls_secret,
            self.client.interfaceType,
        )
        ciphering = self.client.ciphering
        ciphering.systemTitle = CLIENT_TITLE
        ciphering.blockCipherKey = bytearray(secrets.unicast_key)
        ciphering.authenticationKey = bytearray(secrets.authentication_key)
        ciphering.securitySuite = SecuritySuite(secrets.suite)
        ciphering.security = security
        ciphering.signingKeyPair = (
            GXPublicKey.fromRawBytes(b"\x04" + secrets.public_key),
            CLIENT_KEY,
        )
        # It tells its title in AARE where it is ciphered or GMAC is spoken, otherwise not.
        self.client.settings.sourceSystemTitle = secrets.server_system_title

    def open(self) -> None:
        super().open()
        if self.client.authentication > Authentication.LOW:
            reply = self.exchange(self.client.getApplicationAssociationRequest())
            self.client.parseApplicationAssociationResponse(reply.data)


def check_register(reader: SecuredReader, meter: PeerMeter) -> None:
    register = meter.registers[0]
    assert reader.get(GXDLMSRegister(register.logical_name), 2) == register.value


@pytest.mark.parametrize("authentication", HIGH)
def test_the_packages_own_client_proves_itself(authentication: int) -> None:
    with gurux_peer(rows=1, meters=1, suite=1, client_public_key=CLIENT_PUBLIC_KEY) as peer:
        for wrapper, address in ((False, peer.hdlc), (True, peer.wrapper)):
            with on_tcp(address) as line:
                reader = SecuredReader(line, peer, authentication, wrapper=wrapper)
                reader.client.ciphering.invocationCounter = 10 + wrapper
                reader.open()
                check_register(reader, peer.meters[0])
                reader.close()


@pytest.mark.parametrize("security", PROTECTIONS)
@pytest.mark.parametrize("suite", [0, 1, 2])
@pytest.mark.parametrize("dedicated", [False, True])
def test_the_packages_own_client_is_ciphered(suite: int, security: int, *, dedicated: bool) -> None:
    with gurux_peer(rows=20, meters=1, suite=suite) as peer, on_tcp(peer.hdlc) as line:
        reader = SecuredReader(line, peer, Authentication.HIGH_GMAC, security, wrapper=False)
        if dedicated:
            reader.client.ciphering.dedicatedKey = bytearray(range(100, 132 if suite == 2 else 116))
        reader.open()
        check_register(reader, peer.meters[0])
        reader.exchange(reader.client.disconnectRequest())
