"""The commands with their options as values, read from the parsers that take them."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dcud.cli.main import COMMANDS, command_parser, top_parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An option, or what stands without one.

    Attributes:
        flags: `-h`, `--help`; none for what stands without an option.
        value: how the help names its value; empty for an option without one.
        help: what it is for, with its default.
        choices: the values that there are, where they can be counted.
        is_path: whether the value is a file's or a directory's name.
        is_needed: whether the command can't do without.
        repeats: whether several values may follow.
    """

    flags: tuple[str, ...]
    value: str
    help: str
    choices: tuple[str, ...]
    is_path: bool
    is_needed: bool
    repeats: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Arguments under one heading of the help."""

    title: str
    description: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A command, or a word before commands.

    Attributes:
        words: what is typed: `dcud`, `keys`, `generate`.
        summary: its line in the help.
        groups: its own arguments; those of the words after it are theirs.
        closing: what the help ends with.
        children: the words that may follow.
    """

    words: tuple[str, ...]
    summary: str
    groups: tuple[Group, ...]
    closing: str
    children: tuple["Node", ...] = ()

    @property
    def name(self) -> str:
        """Return the last word."""
        return self.words[-1]

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """Return all its arguments."""
        return tuple(argument for group in self.groups for argument in group.arguments)

    def walk(self) -> Iterator["Node"]:
        """Give this node and all below it, each before its own."""
        yield self
        for child in self.children:
            yield from child.walk()


def command_tree() -> Node:
    """Return all of dcud's commands; loads them."""
    top = top_parser()
    return Node(
        words=("dcud",),
        summary=top.description or "",
        groups=_groups(top, leave_out="command"),
        closing="",
        children=tuple(_node(("dcud", name), command_parser(name)) for name in COMMANDS),
    )


def _node(words: tuple[str, ...], parser: argparse.ArgumentParser) -> Node:
    return Node(
        words=words,
        summary=parser.description or "",
        groups=_groups(parser),
        closing=(parser.epilog or "") % {"prog": parser.prog},
        children=tuple(
            _node((*words, name), inner)
            for action in _actions(parser)
            if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001  # argparse tells of its words nowhere else
            for name, inner in action.choices.items()
        ),
    )


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # noqa: SLF001  # argparse has no other way to what was declared


def _groups(parser: argparse.ArgumentParser, leave_out: str = "") -> tuple[Group, ...]:
    groups = [
        Group(
            title=group.title or "",
            description=group.description or "",
            arguments=tuple(
                _argument(parser, action)
                for action in group._group_actions  # noqa: SLF001  # likewise
                if action.help != argparse.SUPPRESS
                and not isinstance(action, argparse._SubParsersAction)  # noqa: SLF001  # likewise
                and action.dest != leave_out
            ),
        )
        for group in parser._action_groups  # noqa: SLF001  # likewise
    ]
    return tuple(group for group in groups if group.arguments)


def _argument(parser: argparse.ArgumentParser, action: argparse.Action) -> Argument:
    formatter = argparse.HelpFormatter(parser.prog)
    takes_value = action.nargs != 0
    return Argument(
        flags=tuple(action.option_strings),
        value=_value(formatter, action) if takes_value else "",
        help=formatter._expand_help(action) if action.help else "",  # noqa: SLF001  # fills in defaults as the help does
        choices=tuple(map(str, action.choices or ())),
        is_path=action.type is Path,
        is_needed=action.required,
        repeats=action.nargs in {"*", "+"},
    )


def _value(formatter: argparse.HelpFormatter, action: argparse.Action) -> str:
    """Return the value's name as the help shows it: `FILE`, `{json,table}`, `[HEX ...]`."""
    default = action.dest.upper() if action.option_strings else action.dest
    return formatter._format_args(action, default)  # noqa: SLF001  # as the help does
