import pytest

from dcud.cosem.class_tables.communication import CLASSES
from dcud.cosem.class_tables.notation import read_versions
from tests.support.class_tables import assert_well_formed, latest


def test_the_family_is_well_formed() -> None:
    assert_well_formed(CLASSES)


@pytest.mark.parametrize(
    ("class_id", "name", "index", "attribute", "type_name"),
    [
        (19, "IEC local port setup", 9, "pass_w5", "octet-string"),
        (23, "IEC HDLC setup", 9, "device_address", "long-unsigned"),
        (24, "IEC twisted pair setup", 5, "tabi_list", "array"),
        (27, "Modem configuration", 3, "initialization_string", "array"),
        (28, "Auto answer", 4, "status", "enum"),
        (29, "Auto connect", 6, "destination_list", "array"),
        (40, "Push setup", 7, "repetition_delay", "structure"),
        (40, "Push setup", 13, "last_confirmation_date_time", "octet-string"),
        (41, "TCP-UDP setup", 2, "tcp_udp_port", "long-unsigned"),
        (42, "IPv4 setup", 3, "ip_address", "double-long-unsigned"),
        (43, "MAC address setup", 2, "mac_address", "octet-string"),
        (44, "PPP setup", 5, "ppp_authentication", "structure"),
        (46, "SMTP setup", 6, "sender_address", "octet-string"),
        (48, "IPv6 setup", 9, "traffic_class", "unsigned"),
        (152, "CoAP setup", 10, "coap_uri_path", "octet-string"),
    ],
)
def test_attributes_have_the_number_name_and_type_of_the_standard(
    class_id: int, name: str, index: int, attribute: str, type_name: str
) -> None:
    known = latest(CLASSES, class_id)
    found = known.attribute(index)
    assert known.name == name
    assert found is not None
    assert (found.name, found.type) == (attribute, type_name)


@pytest.mark.parametrize(
    ("class_id", "methods_offset", "first", "last"),
    [
        (42, 0x60, "add_mc_ip_address", "get_nbof_mc_ip_addresses"),
    ],
)
def test_methods_have_the_names_and_short_names_of_the_standard(
    class_id: int, methods_offset: int | None, first: str, last: str
) -> None:
    known = latest(CLASSES, class_id)
    assert known.methods_offset == methods_offset
    assert (known.methods[0].name, known.methods[-1].name) == (first, last)


def test_the_first_push_setup_has_its_method_in_the_map_of_short_names() -> None:
    oldest, *_ = read_versions(40, CLASSES[40])
    assert oldest.methods_offset == 0x38
    delay = oldest.attribute(7)
    assert delay is not None
    assert (delay.name, delay.type) == ("repetition_delay", "long-unsigned")
