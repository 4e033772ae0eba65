"""From a secured meter to the ways in which its associations come about."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dcud.assembly.links import Links
from dcud.assembly.meters import (
    association_parameters,
    exchange_parameters,
    plain_target,
    target,
)
from dcud.assembly.security import SecuredAccess, ciphers
from dcud.collect.secured_meter import SecuredMeter, Ways
from dcud.config import model
from dcud.config.security import Security
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.connection import ClientConnection
from dcud.dlms.errors import SecurityError
from dcud.line.bus import Bus
from dcud.line.session import Session, unheard

_DATA_CLASS = 1
_VALUE = 2
"""[IEC 62056-6-2: data, value]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who is told of what nobody asked for.

    Attributes:
        refused: learns of what is not trusted.
        notified: takes the APDUs that the meter sends unasked, once they are verified.
    """

    refused: Callable[[SecurityError], None]
    notified: Callable[[bytes], None] = unheard


def secured_meter(
    bus: Bus,
    links: Links,
    meter: model.Meter,
    access: SecuredAccess,
    told: Told,
) -> SecuredMeter[Session]:
    """Return what opens associations with the meter."""
    make_link, trust = links.to(meter), exchange_parameters(meter)
    names = links.short_names(meter)

    def connect() -> ClientConnection:
        association = association_parameters(links, meter, access.authentication())
        return ClientConnection(make_link(), association, trust, access.protection(), names)

    def probe() -> ClientConnection:
        association = association_parameters(links, meter, access.authentication())
        return ClientConnection(make_link(), association, trust, access.probe(), names)

    reached = replace(
        target(links, meter, connect, told.notified), supply=access, refused=told.refused
    )
    probed = target(links, meter, probe)
    security = meter.security
    public = None
    if security is not None and security.frame_counter is not None:
        public = plain_target(links, _as_public(meter, security), None)
    return SecuredMeter(
        meter.id,
        Ways(
            secured=lambda: bus.session(reached),
            public=None if public is None else lambda: bus.session(public),
            frame_counter=_frame_counter(security),
            probe=(lambda: bus.session(probed)) if ciphers(security) else None,
        ),
        access,
        told.refused,
    )


def _as_public(meter: model.Meter, security: Security) -> model.Meter:
    """Return the meter as everybody may ask it."""
    return replace(
        meter, client_sap=security.frame_counter_client, authentication="none", security=None
    )


def _frame_counter(security: Security | None) -> AttributeDescriptor | None:
    if security is None or security.frame_counter is None:
        return None
    return AttributeDescriptor(_DATA_CLASS, security.frame_counter, _VALUE)
