from dcud.dlms.authentication import NO_SECURITY, LowLevelSecurity
from dcud.dlms.secret import Secret
from dcud.dlms.server_security import ProofDemand, ServerProof, ServerProtection
from tests.support.server_stand_ins import MarkedProtection, PlainDemand, PlainProof


def test_what_satisfies_them() -> None:
    protection: ServerProtection = MarkedProtection()
    proof: ServerProof = PlainProof()
    assert protection.overhead() == 1
    assert proof.answer(b"client") == b"server"


def test_high_level_security_is_told_from_the_rest() -> None:
    assert isinstance(PlainDemand(), ProofDemand)
    assert not isinstance(NO_SECURITY, ProofDemand)
    assert not isinstance(LowLevelSecurity(Secret(b"12345678")), ProofDemand)
