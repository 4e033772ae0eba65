"""The security of one simulated meter: what it demands, and its Security setup object.

[IEC 62056-6-2: Security setup, versions 0 and 1; Association LN]
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dcud.cosem.hls_secret import CHANGE_HLS_SECRET
from dcud.cosem.security_setup import (
    CURRENT_SECURITY_SETUP,
    SECURITY_SETUP,
    KeyData,
    KeyId,
    SetupMethod,
    key_data,
    parse_key_data,
    parse_octets,
    parse_policy,
    policy_data,
)
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.authentication import LowLevelSecurity, Mechanism, NoSecurity
from dcud.dlms.constructors import double_long_unsigned, enum, octet_string
from dcud.dlms.data import Data, decode_data, encode_data
from dcud.dlms.errors import DecodeError, KeyMissingError, ProtocolError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.proof import CURRENT_ASSOCIATION
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.counters import LAST_COUNTER, FreshCounter, ReceivedCounter
from dcud.dlms.security.general_keys import GeneralMeans
from dcud.dlms.security.hls.digest import Digest
from dcud.dlms.security.hls.ecdsa import Ecdsa
from dcud.dlms.security.hls.gmac import Gmac
from dcud.dlms.security.hls.manufacturer import Manufacturer
from dcud.dlms.security.hls.means import Means
from dcud.dlms.security.key_agreement import (
    cipher_algorithm,
    derive_key,
    ephemeral_party,
    wrapping_algorithm,
)
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import KeyInfoMethod
from dcud.dlms.security.policy import SecurityPolicy
from dcud.dlms.security.primitives.aes_key_wrap import unwrap
from dcud.dlms.security.primitives.elliptic_curve import PublicKey, fresh_key
from dcud.dlms.security.server_proof import MeterProofDemand
from dcud.dlms.security.server_protection import CounterRefusal, MeterProtection
from dcud.dlms.security.server_setup import KEY_NAMES, ServerSecuritySetup
from dcud.dlms.security.suite import SecuritySuite
from dcud.dlms.server import Acted
from dcud.dlms.server_security import ProofDemand, ServerDemand, ServerProtection
from dcud.sim.certificate_store import CertificateStore
from dcud.sim.faults import Fault, FaultyDemand, FaultyProtection

FRAME_COUNTER = Obis.parse("0.0.43.1.0.255")

_DATA = 1
_ASSOCIATION = 15
_KEY_NAMES = {
    KeyId.UNICAST: "unicast",
    KeyId.BROADCAST: "broadcast",
    KeyId.AUTHENTICATION: "authentication",
    KeyId.MASTER: "master",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityDemand:
    """What meters demand of every client but the public one.

    Attributes:
        mechanism: how clients prove who they are.
        secret: password or HLS secret, where the mechanism has one.
        keys: None where there are none, hence no ciphering.
        policy: what APDUs must have at least.
        ciphered: whether the context with ciphering is the one.
        counter_refusal: what clients are told whose counter is too low.
        pairs: the meter's private keys and the client's public ones.
        means: what general-ciphering and signatures need, by the way in which a key is told.
        certificates: those that the meters come with, in DER.
        random: returns so many random octets.
        fault: what the meters do wrong, None for nothing.
    """

    mechanism: Mechanism = Mechanism.LOWEST
    secret: Secret | None = field(default=None, repr=False)
    keys: KeySet | None = None
    policy: SecurityPolicy
    ciphered: bool = True
    counter_refusal: CounterRefusal = CounterRefusal.HINT
    pairs: KeyPairs | None = None
    means: Callable[[KeyInfoMethod], GeneralMeans] | None = None
    certificates: tuple[bytes, ...] = ()
    random: Callable[[int], bytes]
    fault: Fault | None = None


class MeterSecurity:
    """One meter's keys, counters, policy and secret, with the objects that show or change them.

    Args:
        demand: what it comes with from the factory.
        system_title: 8 octets.
        kept: what `state` returned before its power went; None for a new meter.
    """

    def __init__(
        self, demand: SecurityDemand, system_title: bytes, kept: Mapping[str, Any] | None = None
    ) -> None:
        self._demand = demand
        self._secret = demand.secret
        self.setup = ServerSecuritySetup(
            system_title=system_title,
            keys=demand.keys or KeySet(suite=SecuritySuite.SUITE_0),
            policy=demand.policy,
            means=demand.means,
        )
        self._certificates = CertificateStore(system_title, demand.certificates)
        if kept is not None:
            self._restore(kept)
        of_setup: dict[int, Callable[[Data], Acted]] = {
            SetupMethod.SECURITY_ACTIVATE: self._activate,
            SetupMethod.KEY_TRANSFER: self._transfer,
            SetupMethod.KEY_AGREEMENT: self._agree,
            SetupMethod.IMPORT_CERTIFICATE: self._import,
            SetupMethod.EXPORT_CERTIFICATE: self._export,
            SetupMethod.REMOVE_CERTIFICATE: self._remove,
        }
        self._methods: dict[tuple[int, Obis, int], Callable[[Data], Acted]] = {
            (SECURITY_SETUP, CURRENT_SECURITY_SETUP, number): method
            for number, method in of_setup.items()
        }
        change = (_ASSOCIATION, CURRENT_ASSOCIATION, CHANGE_HLS_SECRET)
        self._methods[change] = self._change_secret

    @property
    def fault(self) -> Fault | None:
        """What the meter does wrong."""
        return self._demand.fault

    @property
    def version(self) -> int:
        """Of its Security setup object."""
        return 0 if self.setup.suite is SecuritySuite.SUITE_0 else 1

    @property
    def protection(self) -> Callable[[], ServerProtection] | None:
        """What makes the protection of one association."""
        return self._protection if self._demand.ciphered else None

    @property
    def authentication(self) -> ServerDemand:
        """How clients have to prove who they are.

        Raises:
            KeyMissingError: a password or secret is due, and there is none.
        """
        demand = self._demand
        if demand.mechanism is Mechanism.LOWEST:
            return NoSecurity()
        if demand.mechanism is Mechanism.LLS:
            return LowLevelSecurity(self._demand_secret())
        proof: ProofDemand = MeterProofDemand(
            demand.mechanism, self.setup.system_title, self._means, demand.random
        )
        return proof if demand.fault is None else FaultyDemand(proof, demand.fault)

    def check(self) -> None:
        """Raise `KeyMissingError` unless all is there that the demand takes."""
        _ = self.authentication
        if self._demand.mechanism >= Mechanism.HLS:
            self._means()
        if self._demand.ciphered:
            self.setup.channel()
            if self.setup.policy.requests.authenticated or self.setup.policy.answers.authenticated:
                self.setup.keys.demand("authentication")

    def attributes(self) -> dict[tuple[int, Obis], dict[int, Callable[[], Data]]]:
        """Return the objects that show it, each attribute as it is whenever it is asked for."""
        setup = self.setup
        shown: dict[int, Callable[[], Data]] = {
            2: lambda: policy_data(setup.policy, self.version),
            3: lambda: enum(setup.suite),
            4: lambda: octet_string(setup.client_system_title),
            5: lambda: octet_string(setup.system_title),
        }
        if self.version:
            shown[6] = self._certificates.attribute
        return {
            (_DATA, FRAME_COUNTER): {2: lambda: double_long_unsigned(self.last_received)},
            (SECURITY_SETUP, CURRENT_SECURITY_SETUP): shown,
        }

    @property
    def last_received(self) -> int:
        """The last counter of a client under the unicast key; the frame counter object shows it."""
        return max(self.setup.unicast.theirs.floor - 1, 0)

    def act(self, method: MethodDescriptor, parameter: bytes | None) -> Acted:
        """Carry out a method of the objects that change it."""
        do = self._methods.get((method.class_id, method.logical_name, method.method))
        if do is None:
            return Acted(result=ActionResult.OBJECT_UNDEFINED)
        try:
            cursor = Cursor(parameter or b"")
            data = decode_data(cursor)
            cursor.expect_end()
            return do(data)
        except DecodeError:
            return Acted(result=ActionResult.TYPE_UNMATCHED)
        except ProtocolError:
            return Acted(result=ActionResult.OTHER_REASON)

    def state(self) -> dict[str, Any]:
        """Return what outlives the meter's power; keys and secret in hex."""
        setup = self.setup
        keys = {name: getattr(setup.keys, name) for name in KEY_NAMES}
        return {
            "keys": {name: key.octets.hex() for name, key in keys.items() if key is not None},
            "secret": None if self._secret is None else self._secret.octets.hex(),
            "policy": setup.policy.as_version_1,
            "unicast": _counters_state(setup.unicast),
            "broadcast": _counters_state(setup.broadcast),
            "certificates": [octets.hex() for octets in self._certificates.octets],
        }

    def _restore(self, kept: Mapping[str, Any]) -> None:
        setup = self.setup
        keys = {name: Secret(bytes.fromhex(octets)) for name, octets in kept["keys"].items()}
        setup.keys = KeySet(suite=setup.suite, **keys)
        setup.policy = SecurityPolicy.of_version_1(kept["policy"])
        setup.unicast = _restored_counters(kept["unicast"])
        setup.broadcast = _restored_counters(kept["broadcast"])
        certificates = [bytes.fromhex(octets) for octets in kept["certificates"]]
        self._certificates = CertificateStore(setup.system_title, certificates)
        if kept["secret"] is not None:
            self._secret = Secret(bytes.fromhex(kept["secret"]))

    def _protection(self) -> ServerProtection:
        demand = self._demand
        if demand.fault is not None:
            return FaultyProtection(self.setup, demand.counter_refusal, demand.fault)
        return MeterProtection(self.setup, demand.counter_refusal)

    def _means(self) -> Means:
        """Return what the meter proves and judges with in one association."""
        setup, mechanism = self.setup, self._demand.mechanism
        if mechanism is Mechanism.HLS_GMAC:
            return Gmac(setup.keys, setup.unicast.ours, setup.unicast.theirs)
        if mechanism is Mechanism.HLS_ECDSA:
            pairs = self._pairs()
            return Ecdsa(pairs.demand_signing(), pairs.demand_peer_signing())
        if mechanism is Mechanism.HLS:
            return Manufacturer(self._demand_secret())
        return Digest(mechanism, self._demand_secret())

    def _demand_secret(self) -> Secret:
        if self._secret is None:
            raise KeyMissingError(
                "the simulated meter has no secret to verify clients with",
                remedy="add lls_password or hls_secret under [meter.simulated] to the key file",
            )
        return self._secret

    def _pairs(self) -> KeyPairs:
        if self._demand.pairs is None:
            raise KeyMissingError(
                "the simulated meter has no key pairs",
                remedy="add signing_key and agreement_key under [meter.simulated] to the key file",
            )
        return self._demand.pairs

    def _activate(self, data: Data) -> Acted:
        """Make the policy stronger; it never gets weaker."""
        wanted, setup = parse_policy(data, self.version), self.setup
        if wanted.as_version_1 & setup.policy.as_version_1 != setup.policy.as_version_1:
            return Acted(result=ActionResult.READ_WRITE_DENIED)

        def take_effect() -> None:
            setup.policy = wanted

        return Acted(afterwards=take_effect)

    def _transfer(self, data: Data) -> Acted:
        """Take keys that are wrapped with the master key, once the answer is made."""
        master = self.setup.keys.demand("master")
        told = parse_key_data(data)
        return self._replacing({_key_name(each): unwrap(master, each.octets) for each in told})

    def _replacing(self, keys: Mapping[str, Secret], returned: bytes | None = None) -> Acted:
        # Whether they can be keys is told before anything is answered.
        KeySet(suite=self.setup.suite, **dict(keys))
        return Acted(returned=returned, afterwards=lambda: self.setup.replace_keys(keys))

    def _agree(self, data: Data) -> Acted:
        """Agree on keys by ephemeral key pairs, C(2e,0s)."""
        pairs, size = self._pairs(), self._pairs().curve.point_size
        keys, answers = {}, []
        for each in parse_key_data(data):
            name, number = _key_name(each), bytes((each.key_id,))
            point, signature = each.octets[:size], each.octets[size:]
            pairs.demand_peer_signing().verify(signature, number + point)
            own = fresh_key(pairs.curve)
            algorithm = wrapping_algorithm if name == "master" else cipher_algorithm
            keys[name] = derive_key(
                pairs.curve,
                own.agree(PublicKey(pairs.curve, point)),
                algorithm(pairs.curve),
                ephemeral_party(self.setup.client_system_title),
                ephemeral_party(self.setup.system_title),
            )
            signed = number + own.public.point
            signature = pairs.demand_signing().sign(signed)
            answers.append(KeyData(each.key_id, own.public.point + signature))
        return self._replacing(keys, encode_data(key_data(answers)))

    def _import(self, data: Data) -> Acted:
        self._certificates.take(data)
        return Acted()

    def _export(self, data: Data) -> Acted:
        return Acted(returned=encode_data(octet_string(self._certificates.export(data))))

    def _remove(self, data: Data) -> Acted:
        self._certificates.remove(data)
        return Acted()

    def _change_secret(self, data: Data) -> Acted:
        secret = Secret(parse_octets(data))

        def take_effect() -> None:
            self._secret = secret

        return Acted(afterwards=take_effect)


def _key_name(told: KeyData) -> str:
    name = _KEY_NAMES.get(KeyId(told.key_id)) if told.key_id in list(KeyId) else None
    if name is None:
        raise DecodeError(f"there is no key {told.key_id}")
    return name


def _counters_state(counters: Counters) -> list[int]:
    """Return our next counter, and the least of the other party's that is accepted."""
    return [LAST_COUNTER + 1 - counters.ours.remaining, counters.theirs.floor]


def _restored_counters(state: list[int]) -> Counters:
    ours, theirs = state
    return Counters(FreshCounter(ours), ReceivedCounter(theirs))
