"""`dcud meters`: what meters are."""

import argparse
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from dcud.cli.main import Command

summary = "find out what a meter is, with the template that suits it"

COMMANDS: Mapping[str, str] = MappingProxyType({"identify": "dcud.cli.identify"})
"""Modules by the word after `dcud meters`; each is as a command's."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands with their arguments."""
    words = parser.add_subparsers(dest="meters_command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        command = cast("Command", import_module(module))
        inner = words.add_parser(name, help=command.summary, description=command.summary)
        command.add_arguments(inner)


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked; returns the exit code."""
    command = cast("Command", import_module(COMMANDS[arguments.meters_command]))
    return command.run(arguments)
