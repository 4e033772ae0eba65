"""From a meter's configuration and keys to how its associations are secured.

Imported only where a meter wants it, since what lies beneath takes start-up time and memory.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dcud.assembly.hls_functions import hls_function
from dcud.collect.counter_ledger import CounterLedger, MeterCounters, Trust
from dcud.config import model
from dcud.config.security import WITH_CURVES, Security
from dcud.dlms.authentication import (
    NO_SECURITY,
    AuthenticationMechanism,
    LowLevelSecurity,
    Mechanism,
)
from dcud.dlms.errors import CountersSpentError, KeyMissingError
from dcud.dlms.protection import Protection
from dcud.dlms.secret import Secret
from dcud.dlms.security.agreed_keys import KeyPairAgreement
from dcud.dlms.security.certificates import Certificates
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.counters import ReceivedCounter
from dcud.dlms.security.general_keys import GeneralMeans
from dcud.dlms.security.hls.client import ClientAuthentication
from dcud.dlms.security.hls.digest import Digest
from dcud.dlms.security.hls.ecdsa import Ecdsa
from dcud.dlms.security.hls.gmac import Gmac
from dcud.dlms.security.hls.manufacturer import Manufacturer
from dcud.dlms.security.hls.means import Means
from dcud.dlms.security.key_agreement import GBCS_AES_GCM_128
from dcud.dlms.security.key_info import ONE_PASS, STATIC
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Form, Guard, KeyInfoMethod, SecurityParameters
from dcud.dlms.security.primitives.elliptic_curve import Curve, PrivateKey, fresh_key
from dcud.dlms.security.primitives.x509 import KeyUsage
from dcud.dlms.security.probe import CounterProbe
from dcud.dlms.security.protection import ClientProtection
from dcud.dlms.security.signature import KeyPairSigning
from dcud.dlms.security.suite import SecuritySuite

_CHALLENGE_SIZE = 32
"""Octets of our challenges: what every mechanism allows."""
_TRANSACTION_ID_SIZE = 8
_NOISE_SIZE = 128

_MECHANISMS = dict(zip(model.AUTHENTICATIONS, Mechanism, strict=True))
_SCHEMES = {"one-pass": ONE_PASS, "static": STATIC}


class MeterKeys(Protocol):
    """What a key file holds for one meter; None for what it lacks."""

    @property
    def lls_password(self) -> Secret | None:
        """Return the password of LLS."""
        ...

    @property
    def hls_secret(self) -> Secret | None:
        """Return the secret of HLS."""
        ...

    @property
    def unicast_key(self) -> Secret | None:
        """Return the global unicast encryption key."""
        ...

    @property
    def authentication_key(self) -> Secret | None:
        """Return the global authentication key."""
        ...

    @property
    def broadcast_key(self) -> Secret | None:
        """Return the global broadcast encryption key."""
        ...

    @property
    def master_key(self) -> Secret | None:
        """Return the key that wraps other keys."""
        ...

    @property
    def signing_key(self) -> Secret | None:
        """Return our private key for digital signature, in PEM."""
        ...

    @property
    def agreement_key(self) -> Secret | None:
        """Return our private key for key agreement, in PEM."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What secured associations are made with.

    Attributes:
        ledger: of invocation counters.
        certificates: gives those at hand; called for meters that need some.
        now: aware.
        draw: so many random octets, fit for keys.
    """

    ledger: CounterLedger
    certificates: Callable[[], Certificates]
    now: Callable[[], datetime]
    draw: Callable[[int], bytes] = secrets.token_bytes


def needs_counters(meter: model.Meter) -> bool:
    """Tell whether anything of ours goes out under the meter's unicast key."""
    return ciphers(meter.security) or meter.authentication == "hls-gmac"


class SecuredAccess:
    """What each association with one meter is made with, its keys fetched when first used.

    It is the meter's `Counters` and its sessions' `CounterSupply`.

    Args:
        fetch: returns the meter's keys.
    """

    def __init__(
        self,
        meter: model.Meter,
        fetch: Callable[[], Awaitable[MeterKeys]],
        surroundings: Surroundings,
    ) -> None:
        self._meter = meter
        self._fetch = fetch
        self._world = surroundings
        self._keys: MeterKeys | None = None
        self._counters: MeterCounters | None = None
        self._received: ReceivedCounter | None = None

    @property
    def is_low(self) -> bool:
        """Tell whether there may not be counters enough for what goes out next."""
        return self._counters is not None and self._counters.account.is_low

    @property
    def counters_left(self) -> int | None:
        """Return how many requests can still be sent under the meter's key, where that's known."""
        return None if self._counters is None else self._counters.account.left

    async def refill(self) -> None:
        """Have more counters at hand."""
        if self._counters is not None:
            await self._counters.account.refill()

    async def load(self) -> bool:
        """Have keys and counters at hand; tell whether it is known which counters may be used."""
        if self._keys is None:
            self._keys = await self._fetch()
        if not needs_counters(self._meter):
            return True
        if self._counters is None:
            await self._open_account(self._keys)
        return self._counters is None or await self._counters.load()

    async def listener(self) -> Protection | None:
        """Return what verifies notifications between associations, and protects answers to them.

        None stands for a meter whose APDUs go in the clear.

        Raises:
            DcudError: keys or counters can't be had.
        """
        if self._keys is None:
            self._keys = await self._fetch()
        if self._counters is None and needs_counters(self._meter):
            await self._open_account(self._keys)
        return self._protection(dedicated=False)

    async def rebase(self, shown: int) -> bool:
        """Learn the last counter that the meter took; tell whether ours was behind it."""
        return await self._demand_counters().rebase(shown)

    async def follow(self, expected: int) -> None:
        """Raise our counter to what the meter says that it expects."""
        await self._demand_counters().follow(expected)

    async def settle(self) -> None:
        """Make durable what was learned of the meter's own counters."""
        if self._counters is not None:
            await self._counters.settle()

    def authentication(self) -> AuthenticationMechanism:
        """Return how the next association is authenticated."""
        keys = self._loaded_keys()
        mechanism = _MECHANISMS[self._meter.authentication]
        if mechanism is Mechanism.LOWEST:
            return NO_SECURITY
        if mechanism is Mechanism.LLS:
            return LowLevelSecurity(_demand(keys, "lls_password"))
        security = self._meter.security
        return ClientAuthentication(
            self._means(mechanism, keys),
            challenge=self._world.draw(_CHALLENGE_SIZE),
            client_system_title=self._meter.client_system_title,
            server_system_title=None if security is None else security.server_system_title,
            short_challenges=self._meter.short_challenges,
        )

    def protection(self) -> Protection | None:
        """Return the protection of the next association, None where it has none."""
        return self._protection(dedicated=True)

    def _protection(self, *, dedicated: bool) -> Protection | None:
        """Return a protection, with a dedicated key only if there is to be an association."""
        security = self._meter.security
        if security is None or not (_guarded(security)):
            return None
        parameters = self._parameters(security)
        size = parameters.suite.key_size
        dedicated = dedicated and security.dedicated_key
        return ClientProtection(
            parameters,
            self._key_set(),
            self._unicast_counters(),
            dedicated_key=Secret(self._world.draw(size)) if dedicated else None,
            means=self._general_means(security),
        )

    def probe(self) -> Protection:
        """Return what takes a protection's place to have the meter name a counter."""
        return CounterProbe(
            self._meter.client_system_title or b"", self._suite(), self._world.draw(_NOISE_SIZE)
        )

    async def _open_account(self, keys: MeterKeys) -> None:
        meter, title = self._meter, self._meter.client_system_title or b""
        unicast = _demand(keys, "unicast_key")
        security = meter.security or Security()
        account = self._world.ledger.account(unicast, title)
        trust = Trust(margin=security.frame_counter_margin, step=security.counter_step)
        self._received = await self._world.ledger.received(
            meter.id, unicast, security.server_system_title or b""
        )
        self._counters = MeterCounters(self._world.ledger, meter.id, account, trust)

    def _demand_counters(self) -> MeterCounters:
        if self._counters is None:
            raise CountersSpentError(f"meter {self._meter.id} has no invocation counters")
        return self._counters

    def _loaded_keys(self) -> MeterKeys:
        if self._keys is None:
            raise KeyMissingError(f"the keys of meter {self._meter.id} were not fetched yet")
        return self._keys

    def _suite(self) -> SecuritySuite:
        return SecuritySuite(self._meter.security.suite if self._meter.security else 0)

    def _key_set(self) -> KeySet:
        keys = self._loaded_keys()
        return KeySet(
            suite=self._suite(),
            unicast=keys.unicast_key,
            authentication=keys.authentication_key,
            broadcast=keys.broadcast_key,
            master=keys.master_key,
        )

    def _unicast_counters(self) -> Counters:
        if self._counters is None or self._received is None:
            return Counters.fresh()  # nothing of ours goes out under that key
        return Counters(self._counters.account.counter, self._received)

    def _means(self, mechanism: Mechanism, keys: MeterKeys) -> Means:
        if mechanism is Mechanism.HLS_GMAC:
            counters = self._unicast_counters()
            return Gmac(self._key_set(), counters.ours, counters.theirs)
        if mechanism is Mechanism.HLS_ECDSA:
            pairs = self._key_pairs()
            return Ecdsa(pairs.demand_signing(), pairs.demand_peer_signing())
        secret = _demand(keys, "hls_secret")
        if mechanism is Mechanism.HLS:
            return Manufacturer(secret, hls_function(self._meter.hls_function))
        return Digest(mechanism, secret)

    def _parameters(self, security: Security) -> SecurityParameters:
        return SecurityParameters(
            client_system_title=self._meter.client_system_title or b"",
            server_system_title=security.server_system_title,
            suite=self._suite(),
            requests=_guard(security.requests, signed=security.sign_requests),
            answers=_guard(security.answers or security.requests, signed=security.signed_answers),
            form=Form(security.form),
            any_form=security.any_form,
            key_info=KeyInfoMethod(security.key_info),
            compress=security.compress,
            omit_system_title=security.omit_system_title,
            proof_under_global_key=security.proof_under_global_key,
        )

    def _general_means(self, security: Security) -> GeneralMeans | None:
        """Return what general-ciphering and signatures need, where either is used."""
        signs = security.sign_requests or security.signed_answers
        if security.form != Form.GENERAL_CIPHERING.value and not signs:
            return None
        agrees = security.key_info in WITH_CURVES
        pairs = self._key_pairs() if signs or agrees else None
        world, size = self._world, self._suite().key_size
        return GeneralMeans(
            transaction_id=lambda: world.draw(_TRANSACTION_ID_SIZE),
            key=lambda: Secret(world.draw(size)),
            agreed_keys=_agreement(pairs, security) if pairs and agrees else None,
            signing=KeyPairSigning(pairs, with_content_length=security.sign_length)
            if pairs and signs
            else None,
        )

    def _key_pairs(self) -> KeyPairs:
        """Return our private keys, and the meter's public ones as trusted certificates have them.

        Raises:
            CertificateError: none can be trusted.
        """
        keys, curve = self._loaded_keys(), Curve.of_suite(self._suite())
        security = self._meter.security or Security()
        needs = {
            KeyUsage.DIGITAL_SIGNATURE: self._meter.authentication == "hls-ecdsa"
            or security.signed_answers
            or security.key_info == "one-pass",
            KeyUsage.KEY_AGREEMENT: security.key_info in WITH_CURVES,
        }
        title = security.server_system_title or b""
        public = {
            usage: self._world.certificates()
            .trusted(title, usage, curve, self._world.now())
            .public_key
            for usage, needed in needs.items()
            if needed
        }
        return KeyPairs(
            curve=curve,
            signing=_private(keys.signing_key, "signing_key"),
            agreement=_private(keys.agreement_key, "agreement_key"),
            peer_signing=public.get(KeyUsage.DIGITAL_SIGNATURE),
            peer_agreement=public.get(KeyUsage.KEY_AGREEMENT),
        )


def ciphers(security: Security | None) -> bool:
    """Tell whether requests are ciphered."""
    return security is not None and security.requests != "none"


def _guarded(security: Security) -> bool:
    """Tell whether anything is done to APDUs, or demanded of them."""
    guards = {security.requests, security.answers or security.requests}
    return guards != {"none"} or security.sign_requests or security.signed_answers


def _guard(name: str, *, signed: bool) -> Guard:
    return Guard(
        authenticated="authenticated" in name, encrypted="encrypted" in name, signed=signed
    )


def _agreement(pairs: KeyPairs, security: Security) -> KeyPairAgreement:
    return KeyPairAgreement(
        pairs,
        scheme=_SCHEMES[security.key_info],
        ephemeral=lambda: fresh_key(pairs.curve),
        algorithm_id=GBCS_AES_GCM_128 if security.key_derivation == "gbcs" else None,
    )


def _private(text: Secret | None, name: str) -> PrivateKey | None:
    return None if text is None else PrivateKey.from_pem(text, name=name)


def _demand(keys: MeterKeys, name: str) -> Secret:
    key: Secret | None = getattr(keys, name)
    if key is None:
        raise KeyMissingError(f"no {name} is known", remedy=f"add {name} to the meter's key file")
    return key
