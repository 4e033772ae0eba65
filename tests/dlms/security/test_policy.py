import pytest

from dcud.dlms.errors import DecodeError, EncodeError, SecurityControlError, SecurityPolicyError
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.parameters import Guard
from dcud.dlms.security.policy import Admission, SecurityPolicy, protection_words
from dcud.dlms.security.suite import SecuritySuite

NOTHING = Guard()
AUTHENTICATED = Guard(authenticated=True)
ENCRYPTED = Guard(encrypted=True)
BOTH = Guard(authenticated=True, encrypted=True)


@pytest.mark.parametrize(
    ("number", "guard"), [(0, NOTHING), (1, AUTHENTICATED), (2, ENCRYPTED), (3, BOTH)]
)
def test_version_0_is_an_enumeration(number: int, guard: Guard) -> None:
    policy = SecurityPolicy.of_version_0(number)
    assert policy == SecurityPolicy(requests=guard, answers=guard)
    assert policy.as_version_0 == number


@pytest.mark.parametrize("number", [-1, 4, 0x6C])
def test_version_0_knows_no_more(number: int) -> None:
    with pytest.raises(DecodeError, match=str(number)):
        SecurityPolicy.of_version_0(number)


# [IEC 62056-6-2: Security setup version 1, security_policy]
@pytest.mark.parametrize(
    ("number", "requests", "answers"),
    [
        (0x00, NOTHING, NOTHING),
        (0x04, AUTHENTICATED, NOTHING),
        (0x08, ENCRYPTED, NOTHING),
        (0x10, Guard(signed=True), NOTHING),
        (0x20, NOTHING, AUTHENTICATED),
        (0x40, NOTHING, ENCRYPTED),
        (0x80, NOTHING, Guard(signed=True)),
        (0x6C, BOTH, BOTH),
    ],
)
def test_version_1_has_bits_for_each_direction(
    number: int, requests: Guard, answers: Guard
) -> None:
    policy = SecurityPolicy.of_version_1(number)
    assert policy == SecurityPolicy(requests=requests, answers=answers)
    assert policy.as_version_1 == number


@pytest.mark.parametrize("number", range(256))
def test_every_octet_is_a_policy_of_version_1(number: int) -> None:
    assert SecurityPolicy.of_version_1(number).as_version_1 == number & 0xFC


@pytest.mark.parametrize("number", [-1, 256])
def test_what_is_no_octet_is_none(number: int) -> None:
    with pytest.raises(DecodeError):
        SecurityPolicy.of_version_1(number)


@pytest.mark.parametrize("number", [0x04, 0x40, 0x90, 0xFC])
def test_version_0_has_no_word_for_everything(number: int) -> None:
    with pytest.raises(EncodeError, match="version 0"):
        _ = SecurityPolicy.of_version_1(number).as_version_0


SUITE_1 = SecuritySuite.SUITE_1


@pytest.mark.parametrize(
    ("admission", "octet"),
    [
        (Admission(suite=SUITE_1, guard=BOTH), 0x31),
        (Admission(suite=SUITE_1, guard=AUTHENTICATED), 0x11),
        (Admission(suite=SUITE_1, guard=AUTHENTICATED), 0x31),
        (Admission(suite=SUITE_1, guard=ENCRYPTED), 0x21),
        (Admission(suite=SUITE_1, guard=NOTHING), 0x21),
        (Admission(suite=SUITE_1, guard=NOTHING, bare=True), 0x01),
        (Admission(suite=SUITE_1, guard=BOTH, broadcast=True), 0x71),
        (Admission(suite=SUITE_1, guard=BOTH, compressed=True), 0xB1),
        (Admission(suite=SUITE_1, guard=BOTH, compressed=True), 0x31),
        (Admission(suite=SUITE_1, guard=Guard(signed=True), bare=True), 0x01),
    ],
)
def test_as_much_or_more_is_admitted(admission: Admission, octet: int) -> None:
    admission.check(SecurityControl.from_octet(octet))


@pytest.mark.parametrize(
    ("admission", "octet", "words"),
    [
        (Admission(suite=SUITE_1, guard=BOTH), 0x30, "suite 0, where 1"),
        (Admission(suite=SUITE_1, guard=BOTH), 0x35, "suite 5, where 1"),
        (Admission(suite=SUITE_1, guard=BOTH), 0x3F, "suite 15, where 1"),
        (Admission(suite=SUITE_1, guard=BOTH), 0x71, "names the broadcast key, where the unicast"),
        (
            Admission(suite=SUITE_1, guard=BOTH, broadcast=True),
            0x31,
            "names the unicast key, where the broadcast",
        ),
        (Admission(suite=SUITE_1, guard=BOTH), 0xB1, "compressed"),
        (Admission(suite=SUITE_1, guard=NOTHING), 0x01, "neither"),
    ],
)
def test_what_has_no_place_is_refused(admission: Admission, octet: int, words: str) -> None:
    with pytest.raises(SecurityControlError, match=words):
        admission.check(SecurityControl.from_octet(octet))


@pytest.mark.parametrize(
    ("guard", "octet"),
    [
        (BOTH, 0x11),
        (BOTH, 0x21),
        (BOTH, 0x01),
        (AUTHENTICATED, 0x21),
        (ENCRYPTED, 0x11),
    ],
)
@pytest.mark.parametrize("bare", [False, True])
def test_what_is_protected_less_is_refused(guard: Guard, octet: int, bare: bool) -> None:  # noqa: FBT001  # drawn
    control = SecurityControl.from_octet(octet)
    with pytest.raises(SecurityPolicyError) as caught:
        Admission(suite=SUITE_1, guard=guard, bare=bare).check(control)
    assert f"is {protection_words(control)}, where" in caught.value.message
    assert caught.value.message.endswith(f"demands {protection_words(guard)}")
