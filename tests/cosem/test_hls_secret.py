from dcud.cosem.hls_secret import CHANGE_HLS_SECRET, encode_hls_secret
from dcud.dlms.secret import Secret


def test_the_parameter_is_an_octet_string() -> None:
    encoded = encode_hls_secret(Secret(b"Gurux"))
    assert encoded.octets == bytes.fromhex("09 05 4775727578")
    assert "Gurux" not in repr(encoded)
    assert CHANGE_HLS_SECRET == 2
