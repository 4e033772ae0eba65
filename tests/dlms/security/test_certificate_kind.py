from dcud.dlms.security.certificate_kind import CertificateEntity, CertificateType


def test_the_numbers_are_those_of_the_standard() -> None:
    assert [(each.name, each.value) for each in CertificateEntity] == [
        ("SERVER", 0),
        ("CLIENT", 1),
        ("CERTIFICATION_AUTHORITY", 2),
        ("OTHER", 3),
    ]
    assert [(each.name, each.value) for each in CertificateType] == [
        ("DIGITAL_SIGNATURE", 0),
        ("KEY_AGREEMENT", 1),
        ("TLS", 2),
        ("OTHER", 3),
    ]
