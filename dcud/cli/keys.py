"""`dcud keys`: the keys of the meters."""

import argparse
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from dcud.cli.core_dumps import forbid_core_dumps
from dcud.cli.main import Command

summary = "check, make and replace the keys of meters"

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "check": "dcud.cli.keys_check",
        "generate": "dcud.cli.keys_generate",
        "counter": "dcud.cli.keys_counter",
        "transfer": "dcud.cli.keys_transfer",
    }
)
"""Modules by the word after `dcud keys`; each is as a command's."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands with their arguments."""
    words = parser.add_subparsers(dest="keys_command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        command = cast("Command", import_module(module))
        inner = words.add_parser(name, help=command.summary, description=command.summary)
        command.add_arguments(inner)


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked; returns the exit code."""
    forbid_core_dumps()
    command = cast("Command", import_module(COMMANDS[arguments.keys_command]))
    return command.run(arguments)
