"""`dcud scan`: finds the meters on a line."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from dcud.assembly.scanning import ScannedLine
from dcud.cli.main import INTERRUPTED, UsageError
from dcud.cli.power_line_choice import (
    FRAMINGS,
    add_power_line_arguments,
    check_options,
    choose_power_line,
)
from dcud.cli.rendering import rows
from dcud.cli.scan_choice import ScanChoice, add_scan_arguments, choose_line, choose_scan
from dcud.cli.scan_errors import NothingFoundError, in_use
from dcud.cli.scan_output import (
    COLUMNS,
    add_meter,
    add_signed_on,
    found_words,
    show_configuration,
    show_optical_configuration,
)
from dcud.cli.scan_progress import ScanBar, duration_words, scan_bar
from dcud.cli.until_stopped import until_stopped
from dcud.cli.visit import FramePrinter
from dcud.config import model
from dcud.line.errors import PortBusyError
from dcud.line.scan.found import Found, FoundMeter, SignedOn, meters
from dcud.line.scan.ranges import LineSetting, ScanRanges
from dcud.line.scan.scanner import Scanner
from dcud.line.scan.search import SearchState, SignOn, next_question
from dcud.line.scan.state_file import ScanStateError, from_json, to_json
from dcud.line.scan.timing import seconds_left
from dcud.line.tracer import FrameTracer, NoTracer

summary = "find the meters on a line, and print configuration for them"

STATE_INTERVAL = 5.0
"""Seconds between two writings of the state file."""

_EPILOG = """\
First come general calls at every speed, then every address at the speeds at which anything was
heard, then the sign-on of mode E, then every address at the other speeds. It ends with the first
speed at which there are meters. Nothing is written to meters, and no password is sent; each client
address asks a meter once for an association. Ctrl-C stops it; --state FILE goes on from there.

With --framing s-fsk new meters are asked to report, and each is given an address that is free; only
what the configuration has (--bus) is known not to be free. With --framing prime the base node is
asked for its nodes. Each is then asked who it is, by the public client."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--format",
        choices=("table", "json", "csv", "toml"),
        default="table",
        help="of standard output: a table with configuration below it, one JSON object a line, "
        "CSV, or configuration alone (default: %(default)s)",
    )
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep the place in FILE, and go on from there"
    )
    parser.add_argument(
        "--force", action="store_true", help="go on although the line is in use by others"
    )
    parser.add_argument("--estimate", action="store_true", help="only say how long it would take")
    parser.add_argument("--frames", action="store_true", help="show every frame on standard error")
    add_scan_arguments(parser)
    add_power_line_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Scan, and show; returns 0 where something was found, or the shell's code for SIGINT."""
    line = choose_line(arguments)
    check_options(arguments, line.bus.framing)
    if line.bus.framing not in FRAMINGS:
        return _scan_addresses(choose_scan(arguments, line), arguments)
    from dcud.cli.power_line_scan import scan_power_line  # noqa: PLC0415  # few have it: start-up

    return scan_power_line(choose_power_line(arguments, line), arguments)


def _scan_addresses(choice: ScanChoice, arguments: argparse.Namespace) -> int:
    state = SearchState.initial(choice.ranges)
    if arguments.state is not None:
        state = _stored_state(arguments.state, choice) or state
    if arguments.estimate:
        left = seconds_left(choice.ranges, state, choice.timing, None)
        print(f"at most about {duration_words(left)}, less where meters are found")
        return 0
    run_ = _Run(choice, state, arguments)
    try:
        stopped = run_.scan()
    finally:
        # Also where the line breaks in the middle.
        run_.show()
    if stopped:
        run_.tell_how_to_go_on()
        return INTERRUPTED
    run_.complain_of_nothing()
    return 0


class _Run:
    """One run of the command; it watches the scan."""

    def __init__(
        self, choice: ScanChoice, state: SearchState, arguments: argparse.Namespace
    ) -> None:
        self._choice = choice
        self._arguments = arguments
        self._bar: ScanBar | None = None
        self._written_at = float("-inf")
        tracer: FrameTracer = NoTracer()
        if arguments.frames:
            tracer = FramePrinter()
        line = ScannedLine(
            bus=choice.bus, ranges=choice.ranges, timing=choice.timing, tracer=tracer
        )
        self._prober = line.prober()
        self._scanner = Scanner(
            choice.ranges,
            state,
            line.parts(self._prober, self),
            timing=choice.timing,
            force=arguments.force,
        )

    def scan(self) -> bool:
        """Scan; returns whether a signal stopped it."""
        choice = self._choice
        with scan_bar() as bar:
            self._bar = bar
            try:
                return until_stopped(self._scanner.run())
            except PortBusyError as error:
                raise in_use(choice.bus, error, configured=choice.configured) from None
            finally:
                self._store()

    def moved(self, state: SearchState, seconds_left: float) -> None:
        """Show where the scan is, and keep it."""
        if self._bar is not None:
            self._bar.moved(_words(self._choice.ranges, state), seconds_left)
        now = asyncio.get_running_loop().time()
        if now - self._written_at >= STATE_INTERVAL:
            self._written_at = now
            self._store()

    def found(self, station: Found) -> None:
        """Tell of a station."""
        self._say(found_words(station, self._choice.ranges.lines[station.line]))

    def warned(self, words: str) -> None:
        """Tell of something else."""
        self._say(f"dcud: {words}")

    def _say(self, words: str) -> None:
        if self._bar is not None:
            self._bar.say(words)

    def _store(self) -> None:
        path: Path | None = self._arguments.state
        if path is None:
            return
        document = {
            "target": _target(self._choice.bus),
            **to_json(self._choice.ranges, self._scanner.state),
        }
        draft = path.with_name(f"{path.name}.new")
        try:
            draft.write_text(json.dumps(document), encoding="utf-8")
            os.replace(draft, path)  # noqa: PTH105  # at once, or not at all
        except OSError as error:
            raise UsageError(
                f"the state can't be written to {path}: {error.strerror}",
                remedy="name another file",
            ) from None

    def _meters(self) -> list[tuple[FoundMeter, LineSetting]]:
        lines = self._choice.ranges.lines
        found = meters(self._scanner.state.found)
        return [(meter, lines[meter.best.line]) for meter in found]

    def show(self) -> None:
        """Show what was found so far."""
        found, form = self._meters(), self._arguments.format
        mode_e = self._scanner.state.mode_e
        if not found and mode_e is None:
            return
        if form != "toml":
            with rows(form, COLUMNS) as shown:
                for meter, setting in found:
                    add_meter(shown, meter, setting)
                if mode_e is not None:
                    add_signed_on(shown, mode_e)
        if form == "table":
            print()
        if form in {"table", "toml"}:
            self._show_configuration(found, mode_e)

    def _show_configuration(
        self, found: list[tuple[FoundMeter, LineSetting]], mode_e: SignedOn | None
    ) -> None:
        bus, configured = self._choice.bus, self._choice.configured
        show_configuration(bus, found, sys.stdout, configured=configured)
        if mode_e is not None:
            configured = configured or bool(found)
            show_optical_configuration(bus, mode_e, sys.stdout, configured=configured)

    def tell_how_to_go_on(self) -> None:
        """Say what a stopped scan is good for."""
        path = self._arguments.state
        left = duration_words(self._scanner.seconds_left())
        how = (
            "repeated with --state FILE, a scan goes on where it stopped"
            if path is None
            else f"the same command goes on from {path}"
        )
        print(f"dcud: stopped, with about {left} to go; {how}", file=sys.stderr)

    def complain_of_nothing(self) -> None:
        """Raise what to do where there is no meter.

        Raises:
            NothingFoundError: nobody answered.
        """
        state = self._scanner.state
        if state.found or state.mode_e is not None:
            return
        heard = any(line.heard for line in state.lines)
        raise NothingFoundError(
            _nothing(heard=heard, echoes=self._prober.echoes),
            remedy="; ".join(_remedies(self._choice, heard=heard)),
        )


def _nothing(*, heard: bool, echoes: int) -> str:
    if heard:
        return "no meter answered, though something was heard"
    if echoes:
        return "no meter answered, and only the echo of what was sent was heard"
    return "no meter answered, and nothing at all was heard"


def _remedies(choice: ScanChoice, *, heard: bool) -> list[str]:
    """Return what to do next, the likeliest first."""
    if choice.ranges.wrapper:
        return [
            "check host and port, and whether the far end speaks HDLC (--framing hdlc)",
            "try more server ports: --logical 1-127",
            "try other clients: --clients 1,32,48",
        ]
    if choice.bus.line is choice.bus.tcp:
        remedies = [
            "check host, port and --framing",
            "check the speed that the serial server has (--rfc2217 sets it)",
        ]
    elif heard:
        remedies = ["check termination, bias and parity (--line-format 8E1)"]
    else:
        remedies = ["check power and wiring (swap A and B)"]
    if not choice.ranges.silent_lines:
        remedies.append("leave out --quick")
    remedies.append("name the number on a meter's plate: --meter-number")
    remedies.append("try other clients: --clients 1,32,48")
    remedies.append("search further: --thorough")
    return remedies


def _target(bus: model.Bus) -> str:
    """Return what the state file says of the line that it is about."""
    if bus.serial is not None:
        return bus.serial.device
    server = bus.tcp or bus.rfc2217 or bus.udp
    return "" if server is None else f"{server.host}:{server.port}"


def _words(ranges: ScanRanges, state: SearchState) -> str:
    """Return what is being asked, for the bar."""
    question = next_question(ranges, state)
    if question is None:
        return "done"
    if isinstance(question, SignOn):
        return "mode E"
    return f"{ranges.lines[question.line]}, {question.kind}, {question.address}"


def _stored_state(path: Path, choice: ScanChoice) -> SearchState | None:
    """Return where an earlier scan stands; None where there was none.

    Raises:
        UsageError: the file is not of this scan.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        ranges, state = from_json(document)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError, ScanStateError) as error:
        raise UsageError(
            f"{path} can't be used as a scan's state: {error}", remedy="name another file"
        ) from None
    if document.get("target") == _target(choice.bus) and ranges == choice.ranges:
        return state
    raise UsageError(
        f"{path} is of a scan of another line, or of other ranges",
        remedy="repeat the options of that scan, or name another file",
    )
