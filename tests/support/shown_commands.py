"""The calls of dcud that the pages show, with what is wrong with their arguments."""

import argparse
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr
from functools import cache
from importlib import import_module
from io import StringIO

from dcud.cli.main import COMMANDS

_OPERATORS = {"|", "||", "&&", ";", "&", "(", ")"}
_REDIRECTION = re.compile(r"(?<!\S)\d?[<>]+(?:&\d|\s*[\w./-]+)")
_GENERAL = {"--help", "--version"}


def calls(script: str) -> Iterator[list[str]]:
    """Give the arguments of each call of dcud in a script of the shell."""
    for line in script.replace("\\\n", " ").splitlines():
        words: list[str] = []
        for word in [*_words(line), ";"]:
            if word in _OPERATORS:
                yield from _call(words)
                words = []
            else:
                words.append(word)


def fault(arguments: list[str]) -> str:
    """Return what dcud would say of the arguments of a call; "" where it would take them."""
    command, *rest = arguments or [""]
    if command in _GENERAL:
        return ""
    if command not in COMMANDS:
        return f"there is no command {command!r}"
    said = StringIO()
    try:
        with redirect_stderr(said):
            _parser(command).parse_args(rest)
    except (argparse.ArgumentError, SystemExit) as error:
        return str(said.getvalue() or error)
    return ""


def unknown_options(arguments: list[str]) -> list[str]:
    """Return what a call in prose names that dcud doesn't know; values may be left out there."""
    command, *rest = arguments or [""]
    if command in _GENERAL or not re.fullmatch("[a-z]+", command):
        return []
    if command not in COMMANDS:
        return [command]
    known = _options(_parser(command)) | _GENERAL
    named = [word.partition("=")[0] for word in rest if re.match("--[a-z]", word)]
    return [option for option in named if option not in known]


def _words(line: str) -> list[str]:
    plain = _REDIRECTION.sub("", line)
    lexer = shlex.shlex(plain, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    return list(lexer)


def _call(words: list[str]) -> Iterator[list[str]]:
    if words[:1] == ["sudo"]:
        words = words[3:] if words[1:2] == ["-u"] else words[1:]
    if words[:1] == ["dcud"]:
        yield words[1:]


@cache
def _parser(command: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(exit_on_error=False)
    import_module(COMMANDS[command]).add_arguments(parser)
    return parser


def _options(parser: argparse.ArgumentParser) -> set[str]:
    """Return the options of a command with those of the commands below it."""
    found: set[str] = set()
    for action in parser._actions:
        found.update(action.option_strings)
        if isinstance(action, argparse._SubParsersAction):
            found.update(*(_options(each) for each in action.choices.values()))
    return found
