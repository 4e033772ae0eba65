"""The manual pages of the commands: `python -m dcud.cli.manual_pages DIRECTORY` writes them."""

import sys
from collections.abc import Iterator
from pathlib import Path

from dcud import __version__
from dcud.cli import configuration_page, main
from dcud.cli.command_tree import Argument, Group, Node, command_tree
from dcud.cli.roff import bold, italic, named, prose, section, title

_EXIT_CODES = {
    0: "it did what was asked",
    main.USAGE: "the arguments are wrong, or contradict each other",
    main.UNAVAILABLE: "a port, an address or a program can't be used",
    main.SOFTWARE: "a fault of dcud",
    main.IO: "a file can't be written or read",
    main.TEMPORARY: "a meter or a broker doesn't answer; try again",
    main.PROTOCOL: "a meter answers what can't be understood or trusted",
    main.DENIED: "a meter refuses",
    main.CONFIG: "the configuration or a key file has a fault",
    main.INTERRUPTED: "it was interrupted",
}

_FILES = {
    "/etc/dcud/dcud.toml": "the configuration, dcud.toml(5)",
    "/etc/dcud/conf.d/*.toml": "buses, meters and templates besides those of the configuration",
    "/etc/dcud/keys/": "key files: each mode 600, of root or of the user dcud",
    "/var/lib/dcud/": "the outbox, and the invocation counters",
    "/var/log/dlms_client.log": "every frame in hex, in /var/log/dcud",
}


def pages() -> dict[str, str]:
    """Return every manual page by the name of its file."""
    tree = command_tree()
    named_pages = {"dcud.1": _top_page(tree)}
    for child in tree.children:
        named_pages[f"dcud-{child.name}.1"] = _command_page(child)
    named_pages["dcud.toml.5"] = configuration_page.page()
    return named_pages


def _top_page(tree: Node) -> str:
    lines = [title("DCUD", 1, __version__)]
    lines += [section("NAME"), "dcud \\- " + prose("DLMS/COSEM data concentrator")]
    lines += [section("SYNOPSIS"), f"{bold('dcud')} {italic('COMMAND')} ..."]
    lines += [".br", f"{bold('dcud')} [{bold('--help')} | {bold('--version')}]"]
    lines += [section("DESCRIPTION"), prose(tree.summary)]
    lines += [section("COMMANDS"), "Each has a manual page of its own."]
    for child in tree.children:
        lines += named(f"{bold(f'dcud-{child.name}')}(1)", prose(child.summary))
    for group in tree.groups:
        lines += _options(group)
    lines += [section("EXIT STATUS")]
    for code, meaning in _EXIT_CODES.items():
        lines += named(bold(str(code)), prose(meaning))
    lines += [section("FILES")]
    for path, meaning in _FILES.items():
        lines += named(italic(path), prose(meaning))
    lines += [section("SEE ALSO"), f"{bold('dcud.toml')}(5)"]
    return "\n".join(lines) + "\n"


def _command_page(node: Node) -> str:
    lines = [title("-".join(node.words).upper(), 1, __version__)]
    lines += [section("NAME"), f"{prose('-'.join(node.words))} \\- {prose(node.summary)}"]
    lines += [section("SYNOPSIS")]
    synopses = [_synopsis(part) for part in node.walk() if not part.children]
    lines += ["\n.br\n".join(synopses)]
    for part in node.walk():
        lines += _part(part, alone=part is node)
    lines += [section("SEE ALSO"), f"{bold('dcud')}(1), {bold('dcud.toml')}(5)"]
    return "\n".join(lines) + "\n"


def _synopsis(node: Node) -> str:
    words = [bold(" ".join(node.words))]
    needed = [argument for argument in node.arguments if argument.is_needed and argument.flags]
    if len(needed) < len([argument for argument in node.arguments if argument.flags]):
        words.append(f"[{italic('OPTION')} ...]")
    words += [f"{bold(argument.flags[-1])} {italic(argument.value)}" for argument in needed]
    words += [italic(argument.value) for argument in node.arguments if not argument.flags]
    return " ".join(words)


def _part(node: Node, *, alone: bool) -> Iterator[str]:
    """Give what is told of one command; `alone` of the one that the page is named after."""
    if node.children:
        return
    if not alone:
        yield section(" ".join(node.words[1:]).upper())
        yield prose(node.summary)
    for group in node.groups:
        yield from _options(group, level="SH" if alone else "SS")
    if node.closing:
        yield section("NOTES", "SH" if alone else "SS")
        yield ".nf"
        yield prose(node.closing.strip("\n"))
        yield ".fi"


def _options(group: Group, level: str = "SH") -> Iterator[str]:
    yield section(group.title.upper() if level == "SH" else group.title, level)
    if group.description:
        yield prose(group.description)
    for argument in group.arguments:
        yield from named(_label(argument), prose(argument.help))


def _label(argument: Argument) -> str:
    if not argument.flags:
        return italic(argument.value)
    value = f" {italic(argument.value)}" if argument.value else ""
    return ", ".join(map(bold, argument.flags)) + value


def write_pages(arguments: list[str]) -> None:
    """Write the pages into the directory in `arguments`."""
    directory = Path(arguments[0] if arguments else ".")
    directory.mkdir(parents=True, exist_ok=True)
    for name, page in pages().items():
        (directory / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    write_pages(sys.argv[1:])
