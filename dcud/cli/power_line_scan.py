"""One run of `dcud scan` on a power line."""

import argparse
import sys
from dataclasses import replace

from dcud.assembly.links import Links
from dcud.assembly.meters import plain_target
from dcud.assembly.ports import port
from dcud.cli.main import INTERRUPTED
from dcud.cli.power_line_choice import PowerLineChoice
from dcud.cli.power_line_output import (
    add_station,
    columns,
    finding_words,
    identified_words,
    show_power_line,
    station_name,
)
from dcud.cli.rendering import rows
from dcud.cli.scan_errors import NothingFoundError, in_use
from dcud.cli.scan_progress import ScanBar, duration_words, scan_bar
from dcud.cli.until_stopped import until_stopped
from dcud.cli.visit import FramePrinter
from dcud.config import model
from dcud.dlms.sfsk.discovery import Discovery, RegistrationFailed
from dcud.line.discovery import Finding
from dcud.line.errors import PortBusyError
from dcud.line.port import Port
from dcud.line.scan.power_line import (
    PowerLineParts,
    PowerLineScanner,
    SfskStation,
    Station,
)
from dcud.line.session import Session, Watch
from dcud.line.tracer import FrameTracer, NoTracer

_SCAN = "scan"
"""Whose frames those are that are no single meter's."""

_REMEDIES = {
    "s-fsk": "meters that are registered already don't report; else check the modem's --baud and "
    "[bus.sfsk], give more --slots, and --report-credit 7",
    "prime": "check host and port, and the base node's own list of nodes",
}


def scan_power_line(choice: PowerLineChoice, arguments: argparse.Namespace) -> int:
    """Scan, and show; returns 0 where something was found, or the shell's code for SIGINT.

    Raises:
        NothingFoundError: there is nobody.
    """
    run = _Run(choice, arguments)
    if arguments.estimate:
        print(f"about {duration_words(run.inquiry.seconds_left())}, more where meters are found")
        return 0
    try:
        stopped = run.scan()
    finally:
        # Also where the line breaks in the middle.
        run.show()
    if stopped:
        print("dcud: stopped; meters that were given an address keep it", file=sys.stderr)
        return INTERRUPTED
    run.complain_of_nothing()
    return 0


class _Run:
    """One run; it watches the scan."""

    def __init__(self, choice: PowerLineChoice, arguments: argparse.Namespace) -> None:
        self._choice = choice
        self._form: str = arguments.format
        self._bar: ScanBar | None = None
        self._tracer: FrameTracer = NoTracer()
        bus = choice.bus
        if arguments.frames:
            self._tracer = FramePrinter()
        self._links = Links(_as_patient(choice))
        self.inquiry = choice.inquiry()
        self._scanner = PowerLineScanner(
            PowerLineParts(
                port=port(bus),
                inquiry=self.inquiry,
                session=self._session,
                clients=choice.clients,
                watch=Watch(tracer=self._tracer, bus=bus.id, meter=_SCAN),
                observer=self,
            )
        )

    def scan(self) -> bool:
        """Scan; returns whether a signal stopped it."""
        line = self._choice.line
        with scan_bar() as bar:
            self._bar = bar
            try:
                return until_stopped(self._scanner.run())
            except PortBusyError as error:
                raise in_use(line.bus, error, configured=line.configured) from None

    def _session(self, port: Port, station: Station, client: int) -> Session:
        bus = self._choice.bus
        meter = replace(
            model.Meter(id=station_name(station), bus=bus.id, client_sap=client),
            response_timeout=self._choice.response_timeout,
        )
        if isinstance(station, SfskStation):
            assert station.mac_address is not None  # noqa: S101  # the scanner asks no others
            meter = replace(meter, sfsk=model.SfskMeter(mac_address=station.mac_address))
        else:
            meter = replace(meter, prime=model.Prime(node=station.node.eui48))
        reached = plain_target(self._links, meter, None)
        watch = Watch(tracer=self._tracer, bus=bus.id, meter=meter.id)
        return Session(port, reached.connect(), watch=watch, timing=reached.timing)

    def moved(self, asked: Station | None, seconds_left: float) -> None:
        """Show where the scan is."""
        if self._bar is None:
            return
        words = "asking the base node"
        if asked is not None:
            words = f"asking {station_name(asked)} who it is"
        elif isinstance(self.inquiry, Discovery):
            words = f"round {self.inquiry.rounds}, {len(self._scanner.stations)} found"
        self._bar.moved(words, seconds_left)

    def found(self, finding: Finding) -> None:
        """Tell of a finding."""
        is_meant = isinstance(finding, RegistrationFailed) and not self._choice.registers
        self._say("" if is_meant else finding_words(finding))

    def identified(self, station: Station) -> None:
        """Tell who a meter is."""
        self._say(identified_words(station))

    def _say(self, words: str) -> None:
        if self._bar is not None and words:
            self._bar.say(words)

    def _stations(self) -> list[Station]:
        """Return the meters with the addresses that they were told, answered or not."""
        given = self.inquiry.given if isinstance(self.inquiry, Discovery) else {}
        return [
            replace(each, told=given.get(each.system_title))
            if isinstance(each, SfskStation)
            else each
            for each in self._scanner.stations
        ]

    def show(self) -> None:
        """Show what was found so far."""
        stations, form, line = self._stations(), self._form, self._choice.line
        if not stations:
            return
        if form != "toml":
            with rows(form, columns(stations[0])) as shown:
                for station in stations:
                    add_station(shown, station, line.meters)
        if form == "table":
            print()
        if form in {"table", "toml"}:
            show_power_line(line, stations, sys.stdout)

    def complain_of_nothing(self) -> None:
        """Raise what to do where there is no meter.

        Raises:
            NothingFoundError: nobody reported.
        """
        if not self._scanner.stations:
            framing = self._choice.bus.framing
            raise NothingFoundError("no meter was found", remedy=_REMEDIES[framing])


def _as_patient(choice: PowerLineChoice) -> model.Bus:
    """Return the bus on which answers take as long as was told."""
    bus = choice.bus
    if choice.patience is None:
        return bus
    return replace(bus, sfsk=replace(bus.sfsk, server_delay=choice.patience))
