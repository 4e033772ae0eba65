from dcud.dlms.application_context import ApplicationContext, context_words


def test_the_registered_contexts() -> None:
    assert [context.value.hex() for context in ApplicationContext] == [
        "60857405080101",
        "60857405080102",
        "60857405080103",
        "60857405080104",
    ]


def test_words() -> None:
    name = ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING.value
    assert context_words(name) == "logical names with ciphering"
    assert context_words(b"\x60\x85") == "unknown context 6085"
