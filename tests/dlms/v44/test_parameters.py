from dcud.dlms.v44 import parameters


def test_the_packet_methods_defaults() -> None:
    assert parameters.MAX_CODEWORDS == 1525
    assert parameters.MAX_STRING == 255
    assert parameters.FIRST_CODEWORD == 4
    assert (parameters.CODEWORD_SIZE, parameters.ORDINAL_SIZE) == (6, 7)


def test_codes_get_no_longer_than_they_need() -> None:
    assert parameters.MAX_CODEWORD_SIZE == 11
    assert parameters.MAX_ORDINAL_SIZE == 8
