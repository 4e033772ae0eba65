import argparse
from pathlib import Path

from dcud.cli.translate_choice import add_input_arguments, add_key_arguments, input_text
from dcud.trace.message_kinds import MessageKind


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_input_arguments(parser)
    add_key_arguments(parser)
    return parser.parse_args(arguments)


def test_what_is_asked_is_read() -> None:
    asked = parsed("C0", "01", "--kind", "hdlc", "--system-title", "4D4D4D0000BC614E")
    assert input_text(asked) == "C0\n01"
    assert asked.kind is MessageKind.HDLC
    assert asked.system_title == [b"MMM\x00\x00\xbca\x4e"]
    assert asked.source == "hex"
    assert parsed("--key-file", "x").key_file == Path("x")
