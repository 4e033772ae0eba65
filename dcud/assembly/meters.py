"""From a configured meter to how its bus reaches it, with what it is asked."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from dcud.assembly.jobs import JobObserver, make_job
from dcud.assembly.links import Links, hdlc_address
from dcud.collect.asking import Asker
from dcud.collect.breaker import Breaker, BreakerLimits
from dcud.collect.clock_moves import Position
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.poller import Meter
from dcud.config import model
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import NO_SECURITY, AuthenticationMechanism, LowLevelSecurity
from dcud.dlms.conformance import IMPLEMENTED, IMPLEMENTED_BY_SHORT_NAMES, Conformance
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.exchange import ExchangeParameters
from dcud.dlms.secret import Secret
from dcud.line.bus import BusParameters, Target
from dcud.line.session import Connection, SessionTiming, unheard

if TYPE_CHECKING:
    from dcud.line.sign_on import SignOn


_CONTEXTS = {
    "logical-names": ApplicationContext.LOGICAL_NAMES,
    "short-names": ApplicationContext.SHORT_NAMES,
}
_IMPLEMENTED = {
    "logical-names": IMPLEMENTED,
    "short-names": IMPLEMENTED_BY_SHORT_NAMES,
}
_PATIENCES = 2
"""How many response timeouts a bus bears what comes in an answer's place."""
_SHORTEST_PATIENCE = 5.0
"""Seconds of that at least."""


def bus_parameters(
    bus: model.Bus, links: Links, overheard: Callable[[bytes], None] = unheard
) -> BusParameters:
    """Return how a bus treats its port; `overheard` takes what comes in between sessions."""
    line = bus.serial or bus.rfc2217
    return BusParameters(
        # Over the wrapper an association ends with its TCP connection. [IEC 62056-4-7: wrapper]
        keep_open=bus.framing != "wrapper",
        line=None if line is None else (line.baud, line.format),
        opened=links.port_opened,
        overheard=overheard,
    )


def plain_target(
    links: Links,
    meter: model.Meter,
    password: Secret | None,
    notified: Callable[[bytes], None] = unheard,
) -> Target:
    """Return how a meter is reached whose APDUs go in the clear; `notified` takes the unasked."""
    make_link, trust = links.to(meter), exchange_parameters(meter)
    association = association_parameters(links, meter, _authentication(meter, password))
    names = links.short_names(meter)
    return target(
        links,
        meter,
        lambda: ClientConnection(make_link(), association, trust, names=names),
        notified,
    )


def target(
    links: Links,
    meter: model.Meter,
    connect: Callable[[], Connection],
    notified: Callable[[bytes], None] = unheard,
) -> Target:
    """Return how a meter is reached, whatever its association is like."""
    return Target(
        meter=meter.id,
        connect=connect,
        notified=notified,
        sign_on=_sign_on(links.bus, meter),
        timing=SessionTiming(
            turnaround=_turnaround(links.bus, meter), release_limit=meter.release_timeout
        ),
    )


def association_parameters(
    links: Links, meter: model.Meter, authentication: AuthenticationMechanism
) -> AssociationParameters:
    """Return what an association with the meter is asked for with."""
    return AssociationParameters(
        authentication=authentication,
        conformance=_conformance(meter),
        application_context=_CONTEXTS[meter.referencing],
        max_receive_pdu_size=links.max_receive_pdu_size(meter),
        release_with_rlrq=meter.release,
        association_object=meter.association,
        user_id=meter.user_id,
    )


def _conformance(meter: model.Meter) -> Conformance:
    general = meter.security is not None and meter.security.form != "service-specific"
    implemented = _IMPLEMENTED[meter.referencing]
    proposed = implemented | Conformance.GENERAL_PROTECTION if general else implemented
    for bit in implemented:
        if bit.words in meter.avoid:
            proposed &= ~bit
    return proposed


def exchange_parameters(meter: model.Meter) -> ExchangeParameters:
    """Return how far the meter's answers are trusted."""
    return ExchangeParameters(
        match_invoke_id=meter.match_invoke_id,
        patience=max(_PATIENCES * meter.response_timeout, _SHORTEST_PATIENCE),
        block_window=meter.block_window,
        confirm_notifications=meter.confirm_notifications,
    )


def _sign_on(bus: model.Bus, meter: model.Meter) -> "SignOn | None":
    if meter.mode_e is None:
        return None
    from dcud.dlms.mode_e.parameters import Head, ModeEParameters  # noqa: PLC0415  # most have none
    from dcud.line.sign_on import SignOn  # noqa: PLC0415  # likewise

    asked = meter.mode_e
    parameters = ModeEParameters(
        device_address=asked.device_address,
        expected=asked.identification,
        initial_baud=asked.initial_baud or _first_baud(bus, asked),
        max_baud=asked.max_baud,
        force=asked.force,
        head=Head(asked.head),
        software_parity=asked.software_parity,
        wake_up=asked.wake_up,
        reaction_time=asked.reaction_time,
        answer_timeout=asked.answer_timeout,
        attempts=asked.attempts,
        break_first=asked.break_first,
        link_delay=asked.link_delay,
    )
    return SignOn.to(ClientSap(meter.client_sap), hdlc_address(meter), parameters)


def _first_baud(bus: model.Bus, asked: model.ModeE) -> int:
    line = bus.serial or bus.rfc2217
    return line.baud if line is not None and asked.head == "fixed" else 300


def _turnaround(bus: model.Bus, meter: model.Meter) -> float:
    """Return the silence before each frame; a network, or a modem, turns its line by itself."""
    if meter.turnaround is not None:
        return meter.turnaround
    return bus.turnaround if bus.framing == "hdlc" else 0.0


def _authentication(meter: model.Meter, password: Secret | None) -> AuthenticationMechanism:
    if meter.authentication == "none" or password is None:
        return NO_SECURITY
    return LowLevelSecurity(password)


def is_secured(meter: model.Meter) -> bool:
    """Tell whether the meter's associations take more than a password that is at hand."""
    beyond_passwords = meter.authentication not in {"none", "lls"}
    return meter.security is not None or beyond_passwords or meter.key_command is not None


def polled_meter(
    meter: model.Meter,
    memory: MeterMemory,
    associate: Callable[[], AbstractAsyncContextManager[Asker]],
    position: Position,
    observer: JobObserver,
    clock: Callable[[], float],
) -> Meter:
    """Return the meter as its bus's poller asks it; `clock` is ours, unix seconds."""
    limits = meter.breaker
    return Meter(
        id=meter.id,
        associate=associate,
        jobs=[make_job(job, memory, position, observer, clock) for job in meter.job],
        breaker=Breaker(
            BreakerLimits(
                failures=limits.failures,
                duration=limits.duration,
                first_pause=limits.first_pause,
                longest_pause=limits.longest_pause,
            )
        ),
    )
