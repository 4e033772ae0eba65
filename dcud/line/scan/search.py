"""Which question comes next in a scan, as a function of what was heard so far.

Theory of operation. At each setting of the line a few hails go first, to addresses that any device
may answer to. As soon as anything is heard, the setting is swept: every client with every server
address. Then comes the sign-on of mode E; then the settings are swept at which nothing was
heard, for devices that don't answer hails. A setting at which a meter was found is swept to its
end, and ends the search, for a line has one speed. An address that was overheard is tried before
anything else.

All this is decided anew from the state at each step, so that a search goes on from a stored state
as if it had never stopped.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan.found import Found, Identity, SignedOn
from dcud.line.scan.ranges import HIGHEST, ScanRanges, is_shared

MAX_OVERHEARD = 256
"""How many overheard addresses are tried in one scan."""


class ProbeKind(StrEnum):
    """Why an address is asked."""

    HAIL = "hail"
    SWEEP = "sweep"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to one address.

    Attributes:
        kind: why it is asked.
        line: index of the line's setting in the ranges.
        client: address to ask from.
        address: of the server.
        place: index among the hails, or in the sweep; 0 for an overheard address.
    """

    kind: ProbeKind
    line: int
    client: int
    address: ServerAddress
    place: int = 0


@dataclass(frozen=True, slots=True)
class SignOn:
    """The question for whoever speaks mode E.

    [IEC 62056-21: sign-on]
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a probe brought.

    Attributes:
        answer: kind of the frame that answered ("UA", "DM", "FRMR"), or "APDU" over the wrapper;
            "" for none.
        answers: how many of them came; several come from several stations.
        damaged: octets that were no good frame.
        strangers: servers that were heard in place of the one asked.
        seconds: from the question to the first octet of the answer; None without an answer.
    """

    answer: str = ""
    answers: int = 0
    damaged: int = 0
    strangers: tuple[ServerAddress, ...] = ()
    seconds: float | None = None

    @property
    def heard(self) -> bool:
        """Whether there is a sign of life."""
        return bool(self.answer or self.damaged or self.strangers)


SILENCE = Verdict()


@dataclass(frozen=True, slots=True)
class LineProgress:
    """How far one setting of the line is.

    Attributes:
        hailed: hails that are done.
        swept: combinations that are done.
        heard: whether anything was heard.
    """

    hailed: int = 0
    swept: int = 0
    heard: bool = False


@dataclass(frozen=True, slots=True)
class Overheard:
    """A server to be tried: index of the line's setting, client, address."""

    line: int
    client: int
    address: ServerAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchState:
    """All that the rest of a search depends on.

    Attributes:
        lines: one for each setting.
        signed_on: whether the sign-on is done.
        waiting: overheard servers that are to be tried.
        tried: those that were.
        found: stations that answered.
        mode_e: who answered the sign-on.
    """

    lines: tuple[LineProgress, ...]
    signed_on: bool = False
    waiting: tuple[Overheard, ...] = ()
    tried: tuple[Overheard, ...] = ()
    found: tuple[Found, ...] = ()
    mode_e: SignedOn | None = None

    @classmethod
    def initial(cls, ranges: ScanRanges) -> "SearchState":
        """Return the state in which nothing was tried yet."""
        return cls(lines=tuple(LineProgress() for _ in ranges.lines))


def next_question(ranges: ScanRanges, state: SearchState) -> Probe | SignOn | None:
    """Return what to ask now; None at the end."""
    if state.waiting:
        first = state.waiting[0]
        return Probe(ProbeKind.DIRECT, first.line, first.client, first.address)
    if _is_enough(ranges, state):
        return None
    for step in (_likely_settings, _sign_on, _silent_settings):
        question = step(ranges, state)
        if question is not None:
            return question
    return None


def after(state: SearchState, probe: Probe, verdict: Verdict) -> SearchState:
    """Return the state once `probe`, the next question, has brought `verdict`."""
    line = state.lines[probe.line]
    heard = line.heard or verdict.heard
    waiting, tried = state.waiting, state.tried
    match probe.kind:
        case ProbeKind.HAIL:
            line = LineProgress(probe.place + 1, line.swept, heard)
        case ProbeKind.SWEEP:
            line = LineProgress(line.hailed, probe.place + 1, heard)
        case ProbeKind.DIRECT:
            line = LineProgress(line.hailed, line.swept, heard)
            tried = (*tried, waiting[0])
            waiting = waiting[1:]
    lines = (*state.lines[: probe.line], line, *state.lines[probe.line + 1 :])
    state = replace(state, lines=lines, waiting=waiting, tried=tried)
    found = _found(probe, verdict)
    if found is not None and not _is_found(state, probe.line, probe.address):
        state = replace(state, found=(*state.found, found))
    return overheard(state, probe.line, probe.client, verdict.strangers)


def overheard(
    state: SearchState, line: int, client: int, addresses: Iterable[ServerAddress]
) -> SearchState:
    """Return the state in which the servers at `addresses` are tried next, unless they were."""
    for address in addresses:
        each = Overheard(line, client, address)
        known = each in state.waiting or each in state.tried or _is_found(state, line, address)
        full = len(state.waiting) + len(state.tried) >= MAX_OVERHEARD
        if not (known or full):
            state = replace(state, waiting=(*state.waiting, each))
    return state


def signed_on(state: SearchState, who: SignedOn | None) -> SearchState:
    """Return the state after the sign-on, which `who` answered."""
    return replace(state, signed_on=True, mode_e=who)


def next_unidentified(state: SearchState) -> Found | None:
    """Return a station that is to be asked who it is."""
    return next((each for each in state.found if each.identity is None), None)


def identified(
    ranges: ScanRanges, state: SearchState, station: Found, identity: Identity
) -> SearchState:
    """Return the state in which a found station has said who it is.

    The logical devices beside it, at the same physical address, are tried next.
    """
    known = replace(station, identity=identity)
    found = tuple(known if each is station else each for each in state.found)
    beside = station.address
    addresses = [
        ServerAddress(device.sap, beside.physical, beside.size)
        for device in identity.logical_devices
        if 0 < device.sap <= HIGHEST[4 if ranges.wrapper else beside.octet_count]
    ]
    state = replace(state, found=found)
    return overheard(state, station.line, station.client, addresses)


@dataclass(frozen=True, slots=True)
class Remaining:
    """How much is left at one setting of the line, if nothing more is heard."""

    hails: int
    sweeps: int


def remaining(ranges: ScanRanges, state: SearchState) -> list[Remaining]:
    """Return what is left for each setting; overheard servers count as swept addresses."""
    waiting = [each.line for each in state.waiting]
    left = [Remaining(0, waiting.count(line)) for line in range(len(state.lines))]
    if _is_enough(ranges, state):
        return left
    busy = {each.line for each in state.found} if not ranges.all_lines else set()
    for line, progress in enumerate(state.lines):
        if (busy or (state.mode_e and not ranges.all_lines)) and line not in busy:
            continue
        probe = _sweep(ranges, state, line)
        swept = progress.heard or ranges.silent_lines
        left[line] = Remaining(
            0 if progress.heard else len(ranges.hails) - progress.hailed,
            left[line].sweeps + (ranges.sweep_length - probe.place if probe and swept else 0),
        )
    return left


def _likely_settings(ranges: ScanRanges, state: SearchState) -> Probe | None:
    for line, progress in enumerate(state.lines):
        if progress.hailed < len(ranges.hails) and not progress.heard:
            client, address = ranges.hails[progress.hailed]
            return Probe(ProbeKind.HAIL, line, client, address, progress.hailed)
        probe = _sweep(ranges, state, line) if progress.heard else None
        if probe is not None:
            return probe
    return None


def _sign_on(ranges: ScanRanges, state: SearchState) -> SignOn | None:
    return SignOn() if ranges.mode_e and not state.signed_on else None


def _silent_settings(ranges: ScanRanges, state: SearchState) -> Probe | None:
    if not ranges.silent_lines:
        return None
    probes = (_sweep(ranges, state, line) for line in range(len(state.lines)))
    return next((probe for probe in probes if probe is not None), None)


def _sweep(ranges: ScanRanges, state: SearchState, line: int) -> Probe | None:
    """Return the next combination that wasn't asked in another way; None where all were."""
    hailed = frozenset(ranges.hails[: state.lines[line].hailed])
    for place in range(state.lines[line].swept, ranges.sweep_length):
        client, address = ranges.combination(place)
        combination = Overheard(line, client, address)
        if not (
            (client, address) in hailed
            or combination in state.tried
            or _is_found(state, line, address)
        ):
            return Probe(ProbeKind.SWEEP, line, client, address, place)
    return None


def _is_enough(ranges: ScanRanges, state: SearchState) -> bool:
    """Tell whether a meter was found at a setting that is done with."""
    if ranges.all_lines:
        return False
    return state.mode_e is not None or any(
        _sweep(ranges, state, line) is None for line in {each.line for each in state.found}
    )


def _is_found(state: SearchState, line: int, address: ServerAddress) -> bool:
    """Tell whether somebody answered at the address, in whatever size it was written."""
    place = (line, address.logical, address.physical)
    return any(
        (each.line, each.address.logical, each.address.physical) == place for each in state.found
    )


def _found(probe: Probe, verdict: Verdict) -> Found | None:
    """Return the station that answered, unless it was one of many that had every right to."""
    if not verdict.answer or (verdict.answers > 1 and is_shared(probe.address)):
        return None
    return Found(
        line=probe.line,
        client=probe.client,
        address=probe.address,
        answer=verdict.answer,
        answers=verdict.answers,
        seconds=verdict.seconds or 0.0,
    )
