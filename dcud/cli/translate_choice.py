"""What `dcud translate` is asked to read, and by what keys."""

import argparse
import sys
from pathlib import Path
from typing import Final

from dcud.cli.main import UsageError
from dcud.dlms.security.system_title import SYSTEM_TITLE_SIZE
from dcud.trace.message_kinds import MessageKind

_LONGEST_INPUT: Final = 64 * 1024 * 1024
"""Characters."""


def add_input_arguments(parser: argparse._ActionsContainer) -> None:
    """Declare what is translated, and what it is."""
    parser.add_argument(
        "hex", nargs="*", metavar="HEX", help="frames or APDUs in hex; without any, standard input"
    )
    parser.add_argument(
        "--file", type=Path, metavar="FILE", help="read this file; - is standard input"
    )
    parser.add_argument(
        "--from",
        dest="source",
        choices=("hex", "json"),
        default="hex",
        help="what is read: hex, or what --to json wrote (default: %(default)s)",
    )
    parser.add_argument(
        "--kind",
        type=MessageKind,
        choices=tuple(MessageKind),
        metavar="KIND",
        help=f"what the octets are: {', '.join(MessageKind)} (default: told by the octets)",
    )


def add_key_arguments(parser: argparse._ActionsContainer) -> None:
    """Declare what ciphered APDUs are deciphered with."""
    parser.add_argument(
        "--key-file", type=Path, metavar="FILE", help="decipher with the keys in this file"
    )
    parser.add_argument(
        "--meter", metavar="NAME", help="with those of [meter.NAME] in it (default: [default])"
    )
    parser.add_argument(
        "--system-title",
        action="append",
        type=_system_title,
        default=[],
        metavar="HEX",
        help="of client or meter, where the octets don't tell it; may be repeated",
    )


def input_text(arguments: argparse.Namespace) -> str:
    """Return what is to be translated.

    Raises:
        UsageError: there are two things to translate, or it can't be read.
    """
    if arguments.hex:
        if arguments.file:
            raise UsageError("HEX and --file were both given", remedy="give one of them")
        return "\n".join(arguments.hex)
    path: Path = arguments.file or Path("-")
    try:
        if path == Path("-"):
            text = sys.stdin.read(_LONGEST_INPUT + 1)
        else:
            with path.open(encoding="utf-8") as file:
                text = file.read(_LONGEST_INPUT + 1)
    except (OSError, UnicodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(
            f"{path} can't be read: {words}", remedy="name a file with octets in hex"
        ) from None
    if len(text) > _LONGEST_INPUT:
        raise UsageError(
            f"more than {_LONGEST_INPUT} characters to translate", remedy="translate it in parts"
        )
    return text


def _system_title(text: str) -> bytes:
    try:
        title = bytes.fromhex(text)
    except ValueError:
        title = b""
    if len(title) != SYSTEM_TITLE_SIZE:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no system title; write 16 hexadecimal digits"
        )
    return title
