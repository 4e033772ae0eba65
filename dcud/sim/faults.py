"""What simulated meters do wrong on demand, so that anybody can see it being refused."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum

from dcud.dlms.apdu import aare
from dcud.dlms.apdu.aare import AssociateResponse
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.authentication import Mechanism
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Channel, Counters
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.envelope import Family
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.key_info import KeyInfo
from dcud.dlms.security.server_protection import AnswerShape, CounterRefusal, MeterProtection
from dcud.dlms.security.server_setup import ServerSecuritySetup
from dcud.dlms.server_security import ProofDemand, ServerProof


class Fault(Enum):
    """What is wrong with everything that a meter says once the association is granted.

    Those from `WRONG_TITLE` on concern the opening of the association itself.
    """

    REPLAY_ANSWER = "replay-answer"
    """The first protected answer comes again instead of every later one."""
    OLD_COUNTER = "old-counter"
    """Answers are genuine but bear the counter 0."""
    WRONG_TAG = "wrong-tag"
    """The last octet of every answer is changed."""
    WRONG_KEY = "wrong-key"
    """Answers are protected under a key that nobody else has."""
    PLAIN_ANSWER = "plain-answer"
    """Answers are not protected."""
    WEAKER = "weaker"
    """Answers have ciphertext but no tag; where they had one of both only, neither."""
    WRONG_SUITE = "wrong-suite"
    """Answers name another suite."""
    WRONG_KEY_SET = "wrong-key-set"
    """Answers name the broadcast key."""
    OTHER_FORM = "other-form"
    """Answers come in a form that was not asked for."""
    CHANGED_SERVICE = "changed-service"
    """Answers bear the tag of another service; service-specific forms alone."""
    WRONG_ORIGINATOR = "wrong-originator"
    """Answers are protected under another system title than AARE has told."""
    WRONG_TRANSACTION = "wrong-transaction"
    """Answers belong to another transaction; general-ciphering and general-signing alone."""
    LOSE_TRANSFER = "lose-transfer"
    """The power fails as keys, policy or secret come: they take no effect, nothing is answered."""
    LOSE_TRANSFER_ANSWER = "lose-transfer-answer"
    """The power fails after they have taken effect: nothing is answered."""

    WRONG_TITLE = "wrong-title"
    """AARE tells another system title, and the meter lives up to it."""
    NO_TITLE = "no-title"
    """AARE tells no system title."""
    PLAIN_INITIATE = "plain-initiate"
    """AARE carries an InitiateResponse that is not protected."""
    PLAIN_CONTEXT = "plain-context"
    """AARE names the context without ciphering."""
    WRONG_PROOF = "wrong-proof"
    """The meter's proof is made with another secret."""
    NO_PROOF = "no-proof"
    """The meter accepts the client's proof, and gives none."""
    REFLECT_CHALLENGE = "reflect-challenge"
    """The meter challenges the client with the client's own challenge."""
    SHORT_CHALLENGE = "short-challenge"
    """The meter's challenge has 4 octets."""
    NO_CHALLENGE = "no-challenge"
    """The meter accepts at once, without challenge and proof."""


class FaultyProtection(MeterProtection):
    """Protects answers wrongly."""

    def __init__(
        self, setup: ServerSecuritySetup, counter_refusal: CounterRefusal, fault: Fault
    ) -> None:
        self._fault = fault
        super().__init__(setup, counter_refusal)
        self._first: bytes | None = None
        self._dedicated_key: Secret | None = None
        self._in_initiate = False

    @property
    def system_title(self) -> bytes:
        """The meter's, or a stranger's."""
        title = super().system_title
        return _flipped(title) if self._fault is Fault.WRONG_TITLE else title

    def adopt(self, dedicated_key: Secret | None) -> None:
        """Take the dedicated key."""
        self._dedicated_key = dedicated_key
        super().adopt(dedicated_key)

    def close_initiate(self, initiate: bytes) -> bytes:
        """Return InitiateResponse, protected or not."""
        if self._fault is Fault.PLAIN_INITIATE:
            return initiate
        self._in_initiate = True
        closed = super().close_initiate(initiate)
        self._in_initiate = False
        return closed

    def close(self, apdu: bytes) -> bytes:
        """Return an answer with what is wrong with it."""
        closed = super().close(apdu)
        if self._in_initiate:
            return closed
        if self._fault is Fault.REPLAY_ANSWER:
            self._first = self._first or closed
            return self._first
        change = _CHANGES.get(self._fault)
        return closed if change is None else change(closed)

    def shape(self, apdu: bytes) -> AnswerShape:
        """Return how an answer is protected that should be protected otherwise."""
        shape = super().shape(apdu)
        change = None if self._in_initiate else _SHAPES.get(self._fault)
        return shape if change is None else change(shape)

    def _channel(self, shape: AnswerShape, family: Family | None) -> Channel:
        if self._in_initiate or self._fault not in _OTHER_CHANNELS:
            named = replace(shape, control=replace(shape.control, broadcast=False))
            return super()._channel(named, family)
        key = self._setup.keys.demand("unicast")
        if family in {Family.DED, Family.GENERAL_DED} and self._dedicated_key is not None:
            key = self._dedicated_key
        return self._faulty_channel(key)

    def _general_channel(
        self, shape: AnswerShape, header: GeneralHeader
    ) -> tuple[Channel, KeyInfo]:
        channel, key_info = super()._general_channel(shape, header)
        if self._fault in _OTHER_CHANNELS:
            channel = self._faulty_channel(self._setup.keys.demand("unicast"))
        return channel, key_info

    def _faulty_channel(self, key: Secret) -> Channel:
        counters = Counters(_NoCounter(), ReceivedCounter())
        if self._fault is Fault.WRONG_KEY:
            key = Secret(_flipped(key.octets))
            counters = Counters(FreshCounter(_FAR), ReceivedCounter())
        return Channel(key, self._setup.keys.authentication, counters)


class _NoCounter:
    """Stands still."""

    remaining = 1

    def next(self) -> int:
        return 0


class FaultyDemand:
    """Challenges clients, or proves the meter, wrongly."""

    def __init__(self, demand: ProofDemand, fault: Fault) -> None:
        self._demand = demand
        self._fault = fault

    @property
    def mechanism(self) -> Mechanism:
        """As it should be."""
        return self._demand.mechanism

    @property
    def system_title(self) -> bytes:
        """The meter's, or a stranger's."""
        title = self._demand.system_title
        return _flipped(title) if self._fault is Fault.WRONG_TITLE else title

    def begin(self, challenge: bytes, client_system_title: bytes | None) -> ServerProof:
        """Return the proof of a new association."""
        proof = self._demand.begin(challenge, client_system_title)
        return _FaultyProof(proof, challenge, self._fault)


class _FaultyProof:
    """Judges proofs as it should, but for what is its own part."""

    def __init__(self, proof: ServerProof, clients_challenge: bytes, fault: Fault) -> None:
        self._proof = proof
        self._fault = fault
        self._challenges = {
            Fault.REFLECT_CHALLENGE: clients_challenge,
            Fault.SHORT_CHALLENGE: proof.challenge[:4],
        }

    @property
    def challenge(self) -> bytes:
        return self._challenges.get(self._fault, self._proof.challenge)

    def answer(self, proof: bytes) -> bytes | None:
        own = self._proof.answer(proof)
        if self._fault is Fault.NO_PROOF or own is None:
            return None
        return _flipped(own) if self._fault is Fault.WRONG_PROOF else own


def faulty_aare(apdu: bytes | None, fault: Fault | None) -> bytes | None:
    """Return an answer as a meter gives it with this fault, if it is AARE and the fault its own."""
    change = _AARE_CHANGES.get(fault) if fault is not None else None
    if change is None or apdu is None or apdu[0] != aare.TAG:
        return apdu
    return change(AssociateResponse.decode(apdu)).encode()


def _flipped(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


def _changed_service(apdu: bytes) -> bytes:
    """Return it with the tag of what answers SET."""
    tags = {0xCC: 0xCD, 0xD4: 0xD5, 0xCF: 0xCD, 0xD7: 0xD5}
    return bytes((tags.get(apdu[0], apdu[0]),)) + apdu[1:]


def _weaker(shape: AnswerShape) -> AnswerShape:
    control = shape.control
    if control.authenticated and control.encrypted:
        return replace(shape, control=replace(control, authenticated=False))
    return _unprotected(shape)


def _unprotected(shape: AnswerShape) -> AnswerShape:
    return replace(shape, family=None, signed=False)


def _other_form(shape: AnswerShape) -> AnswerShape:
    return replace(shape, family=_OTHER_FORMS.get(shape.family))


def _other_originator(shape: AnswerShape) -> AnswerShape:
    title = _flipped(shape.originator)
    header = shape.header and replace(shape.header, originator_system_title=title)
    return replace(shape, originator=title, header=header)


def _other_transaction(shape: AnswerShape) -> AnswerShape:
    header = shape.header
    if header is None or not header.transaction_id:
        return shape
    return replace(shape, header=replace(header, transaction_id=_flipped(header.transaction_id)))


def _with_control(shape: AnswerShape, control: SecurityControl) -> AnswerShape:
    return replace(shape, control=control)


_FAR = 0x70000000
"""A counter that no test has reached."""
_OTHER_CHANNELS = frozenset({Fault.OLD_COUNTER, Fault.WRONG_KEY})
_OTHER_FORMS: Mapping[Family | None, Family] = {
    Family.GLO: Family.GENERAL_GLO,
    Family.DED: Family.GENERAL_DED,
    Family.GENERAL_GLO: Family.GLO,
    Family.GENERAL_DED: Family.DED,
    Family.GENERAL_CIPHERING: Family.GENERAL_GLO,
}
_CHANGES: Mapping[Fault, Callable[[bytes], bytes]] = {
    Fault.WRONG_TAG: _flipped,
    Fault.CHANGED_SERVICE: _changed_service,
}
_SHAPES: Mapping[Fault, Callable[[AnswerShape], AnswerShape]] = {
    Fault.PLAIN_ANSWER: _unprotected,
    Fault.WEAKER: _weaker,
    Fault.WRONG_SUITE: lambda s: _with_control(s, replace(s.control, suite=s.control.suite ^ 1)),
    Fault.WRONG_KEY_SET: lambda s: _with_control(s, replace(s.control, broadcast=True)),
    Fault.OTHER_FORM: _other_form,
    Fault.WRONG_ORIGINATOR: _other_originator,
    Fault.WRONG_TRANSACTION: _other_transaction,
}
_AARE_CHANGES: Mapping[Fault, Callable[[AssociateResponse], AssociateResponse]] = {
    Fault.NO_TITLE: lambda answer: replace(answer, responding_ap_title=None),
    Fault.PLAIN_CONTEXT: lambda answer: replace(
        answer, application_context_name=ApplicationContext.LOGICAL_NAMES.value
    ),
    Fault.NO_CHALLENGE: lambda answer: replace(
        answer,
        diagnostic=aare.NO_DIAGNOSTIC,
        mechanism_name=None,
        responding_authentication_value=None,
    ),
}
