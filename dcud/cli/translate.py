"""`dcud translate`: frames and APDUs in hex, understood; and back."""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Final

from dcud.cli.main import PROTOCOL, UsageError
from dcud.cli.trace import coloured
from dcud.cli.translate_choice import add_input_arguments, add_key_arguments, input_text
from dcud.cli.translate_keys import TranslationKeys
from dcud.dlms.errors import ProtocolError
from dcud.trace.apdu import Dissected, describe_apdu, dissect
from dcud.trace.conversation import Conversation
from dcud.trace.message_kinds import MessageKind
from dcud.trace.messages import Message, messages_of
from dcud.trace.record import Mark, Record
from dcud.trace.rendering import Paint, part_tree, plain
from dcud.trace.reversible import from_json, to_json
from dcud.trace.tree import Node
from dcud.trace.xml import to_xml

summary = "show any frame or APDU in hex as a tree, JSON or XML; make octets of JSON"

_EPILOG: Final = """\
HEX may hold spaces, commas, 0x and line ends, and several frames in a row. Lines that are whole
each by itself are messages of their own. Segments and blocks are put together. --from json prints
the octets of each part of what --to json wrote, with whatever was changed in it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_input_arguments(parser)
    parser.add_argument(
        "--to",
        choices=tuple(_WRITERS),
        default="tree",
        help="all fields as a tree, one JSON object a line, or the XML that the field uses "
        "(default: %(default)s)",
    )
    add_key_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Translate; returns the exit code for protocol where something can't be read."""
    text = input_text(arguments)
    if arguments.source == "json":
        return _encode(text)
    messages = list(messages_of(text, arguments.kind))
    if not messages:
        raise UsageError("there is nothing to translate", remedy="give octets in hex")
    keys = _keys(arguments)
    write = _WRITERS[arguments.to](_painter())
    conversation = Conversation()
    trouble = False
    for number, message in enumerate(messages, 1):
        for part in _parts(message, conversation, keys, number):
            write(part)
            trouble |= _tell_trouble(part, number)
    return PROTOCOL if trouble else 0


def _keys(arguments: argparse.Namespace) -> TranslationKeys | None:
    if arguments.key_file is None:
        return None
    return TranslationKeys.read(arguments.key_file, arguments.meter, arguments.system_title)


def _parts(
    message: Message, conversation: Conversation, keys: TranslationKeys | None, number: int
) -> Iterator[Dissected]:
    """Yield what a message is made of, and what stands within what is ciphered."""
    for part in _heard(message, conversation):
        yield part
        if keys and part.kinds:
            yield from _opened(part, keys, number)


def _opened(part: Dissected, keys: TranslationKeys, number: int) -> Iterator[Dissected]:
    """Yield what stands within a ciphered APDU, and within that."""
    keys.learn(part)
    try:
        octets = keys.opened(part)
    except ProtocolError as error:
        print(f"dcud: message {number}: it stays ciphered: {error}", file=sys.stderr)
        return
    if octets is not None:
        within = dissect("deciphered APDU", octets, describe_apdu)
        yield within
        yield from _opened(within, keys, number)


def _heard(message: Message, conversation: Conversation) -> tuple[Dissected, ...]:
    if message.kind is MessageKind.APDU:
        return conversation.hear_apdu(message.octets, is_sent=message.is_sent)
    mark = Mark.SENT if message.is_sent else Mark.RECEIVED
    record = Record(at=0, bus="-", mark=mark, meter="-", octets=message.octets)
    return conversation.hear(record).parts


def _tell_trouble(part: Dissected, number: int) -> bool:
    """Tell where a part can't be read; returns whether it can't."""
    for node in _troubles(part.nodes):
        print(
            f"dcud: message {number}, {part.title}: octet {node.start}: {node.meaning}",
            file=sys.stderr,
        )
    return part.has_trouble


def _troubles(nodes: list[Node] | tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        if node.is_trouble:
            yield node
        yield from _troubles(node.children)


def _encode(text: str) -> int:
    """Print the octets of each JSON object."""
    decoder = json.JSONDecoder()
    at = _after_blanks(text, 0)
    while at < len(text):
        try:
            part, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise UsageError(
                f"line {error.lineno}, column {error.colno}: {error.msg}",
                remedy="give what `dcud translate --to json` writes",
            ) from None
        except RecursionError:
            raise UsageError("the JSON is nested too deeply", remedy="give less") from None
        print(_octets(part).hex().upper())
        at = _after_blanks(text, at)
    return 0


_NO_BLANK: Final = re.compile(r"\S")


def _after_blanks(text: str, start: int) -> int:
    found = _NO_BLANK.search(text, start)
    return found.start() if found else len(text)


def _octets(part: object) -> bytes:
    try:
        return from_json(part)
    except ProtocolError as error:
        raise UsageError(error.message, remedy=error.remedy) from None


def _tree_writer(paint: Paint) -> Callable[[Dissected], None]:
    return lambda part: print("\n".join(part_tree(part, paint)))


def _json_writer(_paint: Paint) -> Callable[[Dissected], None]:
    return lambda part: print(json.dumps(to_json(part), ensure_ascii=False))


def _xml_writer(_paint: Paint) -> Callable[[Dissected], None]:
    return lambda part: print(to_xml(part))


_WRITERS: Final = {"tree": _tree_writer, "json": _json_writer, "xml": _xml_writer}


def _painter() -> Paint:
    """Return what colours text, on a terminal that wants colours."""
    return coloured if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else plain
