"""Asks for associations at server ports over the wrapper."""

from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import NoAnswerError, ProtocolError
from dcud.dlms.wrapper import WrapperLink
from dcud.line.errors import PortError
from dcud.line.port import Port
from dcud.line.scan.hdlc_prober import station_name
from dcud.line.scan.hearing import Traffic
from dcud.line.scan.ranges import LineSetting
from dcud.line.scan.search import SILENCE, Probe, Verdict
from dcud.line.session import Session, SessionTiming, Watch
from dcud.line.tracer import FrameTracer


class WrapperProber:
    """Asks with AARQ: there is nothing below that would answer. [IEC 62056-4-7: wrapper].

    Whatever comes back, a refusal included, comes from somebody.
    """

    def __init__(self, *, tracer: FrameTracer, bus: str) -> None:
        self.traffic = Traffic()
        self.echoes = 0
        self._tracer = tracer
        self._bus = bus

    async def ask(
        self,
        port: Port,
        setting: LineSetting,  # noqa: ARG002  # as over HDLC
        probe: Probe,
        patience: float,
    ) -> Verdict:
        """Return what came of one AARQ; `patience` in seconds, for an answer to begin."""
        link = WrapperLink(
            client_sap=ClientSap(probe.client),
            server_sap=probe.address.logical,
            response_timeout=patience,
        )
        session = Session(
            port,
            ClientConnection(link, AssociationParameters()),
            watch=Watch(tracer=self._tracer, bus=self._bus, meter=station_name(probe.address)),
            timing=SessionTiming(turnaround=0.0, release_limit=patience),
        )
        try:
            await session.open()
        except (NoAnswerError, PortError):
            return SILENCE  # [field: servers that close the connection on an unknown port]
        except ProtocolError:
            pass  # somebody refused
        finally:
            await session.close()
        return Verdict(answer="APDU", answers=1)

    async def stop(self) -> None:
        """Rest: closing the connection ends what there is."""
