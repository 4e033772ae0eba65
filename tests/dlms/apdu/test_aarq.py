import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.secret import Secret

INITIATE = bytes.fromhex("01000000065f1f0400007e1f04b0")

# Green Book, as in the tests of u9n/dlms-cosem
NO_SECURITY = "601da109060760857405080101be10040e01000000065f1f0400007e1f04b0"
LLS = (
    "6036a1090607608574050801018a0207808b0760857405080201ac0a80083132333435363738"
    "be10040e01000000065f1f0400007e1f04b0"
)
HLS_GMAC = (
    "6036a1090607608574050801018a0207808b0760857405080205ac0a80084b35366956616759"
    "be10040e01000000065f1f0400007e1f04b0"
)
LLS_CIPHERED = (
    "6066a109060760857405080103a60a04084d4d4d0000bc614e8a0207808b0760857405080201"
    "ac0a80083132333435363738be34043221303001234567801302ff8a7874133d414ced25b425"
    "34d28db0047720606b175bd52211be6841db204d39ee6fdb8e356855"
)

KNOWN = [
    # the tests of Circutor/gosem
    (
        "601da109060760857405080101be10040e01000000065f1f040000181f0100",
        AssociateRequest(user_information=bytes.fromhex("01000000065f1f040000181f0100")),
    ),
    (NO_SECURITY, AssociateRequest(user_information=INITIATE)),
    (
        LLS,
        AssociateRequest(
            mechanism_name=Mechanism.LLS.object_identifier,
            calling_authentication_value=Secret(b"12345678"),
            user_information=INITIATE,
        ),
    ),
    (
        HLS_GMAC,
        AssociateRequest(
            mechanism_name=Mechanism.HLS_GMAC.object_identifier,
            calling_authentication_value=Secret(b"K56iVagY"),
            user_information=INITIATE,
        ),
    ),
    (
        LLS_CIPHERED,
        AssociateRequest(
            application_context_name=ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING.value,
            calling_ap_title=bytes.fromhex("4d4d4d0000bc614e"),
            mechanism_name=Mechanism.LLS.object_identifier,
            calling_authentication_value=Secret(b"12345678"),
            user_information=bytes.fromhex(LLS_CIPHERED[-100:]),
        ),
    ),
]


@pytest.mark.parametrize(("octets", "request_"), KNOWN)
def test_known_answers(octets: str, request_: AssociateRequest) -> None:
    assert request_.encode()[0].hex() == octets
    assert AssociateRequest.decode(bytes.fromhex(octets)) == request_


def test_the_password_is_the_secret_range() -> None:
    octets, secret = KNOWN[2][1].encode()
    assert secret == ((30, 38),)
    assert octets[30:38] == b"12345678"


@pytest.mark.parametrize("password", [None, Secret(b"")])
def test_no_password_no_secret(password: Secret | None) -> None:
    assert AssociateRequest(calling_authentication_value=password).encode()[1] == ()


def test_the_secret_range_behind_long_lengths() -> None:
    password = b"p" * 200
    octets, ((start, end),) = AssociateRequest(
        calling_authentication_value=Secret(password), user_information=bytes(300)
    ).encode()
    assert octets[start:end] == password
    assert octets.count(b"p") == 200


def test_the_user_id() -> None:
    octets, _ = AssociateRequest(calling_ae_invocation_id=200).encode()
    assert octets.hex() == "6011a109060760857405080101a904020200c8"
    assert AssociateRequest.decode(octets).calling_ae_invocation_id == 200
    with pytest.raises(EncodeError):
        AssociateRequest(calling_ae_invocation_id=256)
    with pytest.raises(DecodeError, match=r"0\.\.255"):
        AssociateRequest.decode(bytes.fromhex("6011a109060760857405080101a90402020100"))


def test_order_and_unknown_fields_do_not_matter() -> None:
    octets = bytes.fromhex("6019be0304010180020780a109060760857405080101bd03040100")
    assert AssociateRequest.decode(octets) == AssociateRequest(user_information=b"\x01")


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "6000",
        "61021234",
        NO_SECURITY[:-2],
        NO_SECURITY + "00",
        "600ba109040760857405080101",
    ],
)
def test_broken_requests(octets: str) -> None:
    with pytest.raises(DecodeError):
        AssociateRequest.decode(bytes.fromhex(octets))


def test_the_password_does_not_show() -> None:
    assert "12345678" not in repr(KNOWN[2][1])


texts = st.none() | st.binary(max_size=200)


@given(
    st.builds(
        AssociateRequest,
        application_context_name=st.binary(max_size=9),
        called_ap_title=texts,
        calling_ap_title=texts,
        calling_ae_qualifier=texts,
        calling_ae_invocation_id=st.none() | st.integers(0, 255),
        mechanism_name=texts,
        calling_authentication_value=st.none() | st.binary(max_size=200).map(Secret),
        user_information=texts,
    )
)
def test_each_comes_back(request_: AssociateRequest) -> None:
    octets, secret = request_.encode()
    assert AssociateRequest.decode(octets) == request_
    password = request_.calling_authentication_value
    if password is not None and password.octets:
        ((start, end),) = secret
        assert octets[start:end] == password.octets


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: b"\x60" + rest))
def test_any_octets_give_a_request_or_a_typed_error(octets: bytes) -> None:
    try:
        request_ = AssociateRequest.decode(octets)
    except DecodeError:
        return
    assert AssociateRequest.decode(request_.encode()[0]) == request_
