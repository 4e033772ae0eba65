"""Simulated meters with the security that an operator describes."""

import argparse
import json
import secrets
from collections.abc import Callable, Mapping
from itertools import count

from dcud.cli.main import UsageError
from dcud.config.certificates import load_certificates
from dcud.config.key_entries import DEFAULT, Entry
from dcud.config.model import AUTHENTICATIONS
from dcud.dlms.authentication import Mechanism
from dcud.dlms.secret import Secret
from dcud.dlms.security.agreed_keys import KeyPairAgreement
from dcud.dlms.security.general_keys import GeneralMeans
from dcud.dlms.security.key_info import ONE_PASS, STATIC
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Guard, KeyInfoMethod
from dcud.dlms.security.policy import SecurityPolicy
from dcud.dlms.security.primitives.elliptic_curve import Curve, PrivateKey, fresh_key
from dcud.dlms.security.server_protection import CounterRefusal
from dcud.dlms.security.server_setup import KEY_NAMES
from dcud.dlms.security.signature import KeyPairSigning
from dcud.dlms.security.suite import SecuritySuite
from dcud.sim.device import Device
from dcud.sim.faults import Fault
from dcud.sim.meter import MeterParameters
from dcud.sim.secured_meter import SecuredMeter
from dcud.sim.security import SecurityDemand
from dcud.sim.security_state import StateFile

FIRST_SYSTEM_TITLE = bytes.fromhex("53494D0000000001")

Entries = Mapping[Entry, Secret]
MakeMeter = Callable[[MeterParameters, Callable[[], float]], Device]

_MECHANISMS = dict(zip(AUTHENTICATIONS, Mechanism, strict=True))


def secured_meters(arguments: argparse.Namespace, entries: Entries) -> MakeMeter:
    """Return what makes a meter of its parameters and a clock.

    Args:
        arguments: as `add_security_arguments` declares them.
        entries: those of the key file.

    Raises:
        UsageError: the fault is not known; the state can't be read.
        KeyMissingError: a key or secret is missing, or none of the suite.
    """
    demand = _demand(arguments, entries)
    try:
        state = StateFile(arguments.state)
    except (OSError, json.JSONDecodeError) as error:
        raise UsageError(
            f"{arguments.state} holds no state of simulated meters ({type(error).__name__})",
            remedy="remove it, or name another file",
        ) from None
    title = arguments.system_title or FIRST_SYSTEM_TITLE

    def make(parameters: MeterParameters, clock: Callable[[], float]) -> Device:
        return SecuredMeter(parameters, clock, demand, _counted(title, parameters.number), state)

    return make


def _demand(arguments: argparse.Namespace, entries: Entries) -> SecurityDemand:
    suite = SecuritySuite(arguments.suite or 0)
    ciphered = arguments.suite is not None or arguments.policy is not None
    policy = _guard(arguments.policy or "authenticated-encrypted") if ciphered else Guard()
    mechanism = _mechanism(arguments, entries)
    pairs = _pairs(suite, entries)
    return SecurityDemand(
        mechanism=mechanism,
        secret=_of_meter(entries, "lls_password" if mechanism is Mechanism.LLS else "hls_secret"),
        keys=KeySet(suite=suite, **{name: _of_meter(entries, f"{name}_key") for name in KEY_NAMES}),
        policy=SecurityPolicy(requests=policy, answers=policy),
        ciphered=ciphered,
        counter_refusal=CounterRefusal(arguments.counter_refusal or "hint"),
        pairs=pairs,
        means=lambda method: _means(suite, pairs, method),
        certificates=_certificates(arguments),
        random=secrets.token_bytes,
        fault=None if arguments.fault is None else _fault(arguments.fault),
    )


def _certificates(arguments: argparse.Namespace) -> tuple[bytes, ...]:
    place = None if arguments.certificates is None else str(arguments.certificates)
    held = load_certificates(anchors=None, others=place)
    return tuple(each.x509.der for each in held.others)


def _mechanism(arguments: argparse.Namespace, entries: Entries) -> Mechanism:
    if arguments.authentication is not None:
        return _MECHANISMS[arguments.authentication]
    password = _of_meter(entries, "lls_password")
    return Mechanism.LOWEST if password is None else Mechanism.LLS


def _guard(policy: str) -> Guard:
    words = policy.split("-")
    return Guard(
        authenticated="authenticated" in words,
        encrypted="encrypted" in words,
        signed="signed" in words,
    )


def _fault(name: str) -> Fault:
    try:
        return Fault(name)
    except ValueError:
        known = ", ".join(fault.value for fault in Fault)
        raise UsageError(f"{name!r} is no fault of meters", remedy=f"take one of {known}") from None


def _of_meter(entries: Entries, name: str) -> Secret | None:
    return entries.get(("meter", "simulated", name)) or entries.get((DEFAULT, name))


def _pairs(suite: SecuritySuite, entries: Entries) -> KeyPairs | None:
    """Return the meter's private keys, and the public ones that belong to the client's."""
    if not suite.coordinate_size:
        return None

    def private(entry: Entry) -> PrivateKey | None:
        text = entries.get(entry)
        return None if text is None else PrivateKey.from_pem(text, name=entry[-1])

    signing, agreement = (private(("gateway", f"{use}_key")) for use in ("signing", "agreement"))
    return KeyPairs(
        curve=Curve.of_suite(suite),
        signing=private(("meter", "simulated", "signing_key")),
        agreement=private(("meter", "simulated", "agreement_key")),
        peer_signing=None if signing is None else signing.public,
        peer_agreement=None if agreement is None else agreement.public,
    )


def _means(suite: SecuritySuite, pairs: KeyPairs | None, method: KeyInfoMethod) -> GeneralMeans:
    numbers = count()
    scheme = ONE_PASS if method is KeyInfoMethod.ONE_PASS else STATIC
    return GeneralMeans(
        # The meter never opens a transaction.
        transaction_id=lambda: next(numbers).to_bytes(8, "big"),
        key=lambda: Secret(secrets.token_bytes(suite.key_size)),
        agreed_keys=None
        if pairs is None
        else KeyPairAgreement(pairs, scheme=scheme, ephemeral=lambda: fresh_key(pairs.curve)),
        signing=None if pairs is None else KeyPairSigning(pairs),
    )


def _counted(first: bytes, number: int) -> bytes:
    """Return the system title of the meter with this number, 1..; the first three octets stay."""
    serial = int.from_bytes(first[3:], "big") + number - 1
    return first[:3] + (serial % 2**40).to_bytes(5, "big")
