"""Asks a station who it is, and which clients it knows."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.data import Data, decode_data
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.errors import (
    AssociationRejectedError,
    ConfirmedServiceFailure,
    ProtocolError,
    ServiceRefusedError,
)
from dcud.dlms.hdlc.frame import FrameKind
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.wrapper import WrapperLink
from dcud.line.errors import StalledError
from dcud.line.port import Port
from dcud.line.scan.found import OPEN, ClientStanding, Found, Identity, LogicalDevice
from dcud.line.scan.hdlc_prober import station_name
from dcud.line.session import Session, SessionTiming, Watch

LOGICAL_DEVICE_NAME: Final = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
SERIAL_NUMBER: Final = AttributeDescriptor(1, Obis.parse("0.0.96.1.0.255"), 2)
SAP_ASSIGNMENT: Final = AttributeDescriptor(17, Obis.parse("0.0.41.0.0.255"), 2)

_REFUSALS = (AssociationRejectedError, ServiceRefusedError, ConfirmedServiceFailure)
_LONGEST_NAME = 64
_STALLS = 2
"""Timeouts after which a station that answers, but not what was asked, is given up.

[field: refusals that carry another request's invoke id]
"""

Ask = Callable[[int], Awaitable[str]]
"""From a client's address to the kind of the frame that answers its SNRM; "" for silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """How stations are asked who they are.

    Attributes:
        clients: in the order in which they are tried.
        wrapper: whether they are reached over the wrapper.
        response_timeout: seconds for an answer to begin, at least.
        turnaround: seconds of silence before each frame.
        watch: who watches the sessions.
    """

    clients: Sequence[int]
    wrapper: bool
    response_timeout: float
    turnaround: float
    watch: Watch

    async def identify(self, port: Port, station: Found, ask: Ask) -> Identity:
        """Return what the station says, asked with one association for each client that it knows.

        Raises:
            PortError: the line is gone.
        """
        standings: list[ClientStanding] = []
        said = Identity()
        others = [client for client in self.clients if client != station.client]
        for client in (station.client, *others):
            first = station.answer if client == station.client else await ask(client)
            if first in {FrameKind.UA, "APDU"}:
                standing, told = await self._visit(port, station, client, said)
                said = told or said
            elif first:
                standing = ClientStanding(client=client, standing=first)
            else:
                continue
            standings.append(standing)
        return Identity(
            clients=tuple(standings),
            logical_device_name=said.logical_device_name,
            serial_number=said.serial_number,
            logical_devices=said.logical_devices,
        )

    async def _visit(
        self, port: Port, station: Found, client: int, known: Identity
    ) -> tuple[ClientStanding, Identity | None]:
        """Return how the client stands, and what the station said where that wasn't known yet."""
        session = Session(
            port,
            ClientConnection(self._link(station, client), AssociationParameters()),
            watch=replace(self.watch, meter=station_name(station.address)),
            timing=SessionTiming(
                turnaround=self.turnaround, stall_limit=_STALLS * self._timeout(station)
            ),
        )
        return await call_on(session, client, known)

    def _timeout(self, station: Found) -> float:
        return max(self.response_timeout, 5 * station.seconds)

    def _link(self, station: Found, client: int) -> DataLink:
        timeout = self._timeout(station)
        if self.wrapper:
            return WrapperLink(
                client_sap=ClientSap(client),
                server_sap=station.address.logical,
                response_timeout=timeout,
            )
        return HdlcLink(
            client_sap=ClientSap(client),
            server_address=station.address,
            parameters=HdlcParameters(response_timeout=timeout, retries=2, connect_retries=1),
        )


async def call_on(
    session: Session, client: int, known: Identity
) -> tuple[ClientStanding, Identity | None]:
    """Open a session and close it again; in between, ask who is there.

    Args:
        session: not opened yet.
        client: whose session it is.
        known: what the station said before; it isn't asked twice.

    Returns:
        How the client stands, and what the station said where that wasn't known yet.

    Raises:
        PortError: the line is gone.
    """
    told: Identity | None = None
    try:
        await session.open()
        if not known.logical_device_name:
            told = await _read(session)
    except _REFUSALS as error:
        return ClientStanding(client=client, standing="refused", words=error.message), None
    except (ProtocolError, StalledError) as error:
        standing = OPEN if session.opened else "failed"
        return ClientStanding(client=client, standing=standing, words=error.message), None
    finally:
        await session.close()
    return ClientStanding(client=client, standing=OPEN), told


async def _read(session: Session) -> Identity:
    return Identity(
        logical_device_name=_text(await _get(session, LOGICAL_DEVICE_NAME)),
        serial_number=_text(await _get(session, SERIAL_NUMBER)),
        logical_devices=logical_devices(await _get(session, SAP_ASSIGNMENT)),
    )


async def _get(session: Session, attribute: AttributeDescriptor) -> Data | None:
    """Return the attribute's value; None where the station doesn't say it, or not in A-XDR."""
    if not session.is_open:
        return None
    try:
        got = await session.get(attribute)
        return decode_data(Cursor(got)) if isinstance(got, bytes) else None
    except (ProtocolError, StalledError):
        return None


def _text(data: Data | None) -> str:
    """Return what names are made of: text where it's text, else hex; "" where it's neither."""
    value = None if data is None else data.value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, bytes):
        return ""
    text = value.strip(b"\0 ").decode("ascii", "replace")
    return (text if text.isascii() and text.isprintable() else value.hex())[:_LONGEST_NAME]


def logical_devices(data: Data | None) -> tuple[LogicalDevice, ...]:
    """Return the entries of an SAP assignment list, as far as they are such."""
    rows = data.value if data is not None and isinstance(data.value, tuple) else ()
    found = []
    for row in rows:
        match row.value:
            case (Data(value=int(sap)), Data() as name):
                found.append(LogicalDevice(sap=sap, name=_text(name)))
            case _:
                pass
    return tuple(found)
