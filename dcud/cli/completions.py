"""The completion of shells: `python -m dcud.cli.completions DIRECTORY` writes it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from dcud.cli.command_tree import Argument, Node, command_tree

_BASH = """\
# Completion of dcud for bash, written by python -m dcud.cli.completions from the commands' parsers.

_dcud() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local at="" word offered="" files=""
    # Bash takes the sign within --option=value for a word.
    if [[ $current == "=" ]]; then
        current=""
    elif [[ $previous == "=" ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "$at/$word" in
            @PATHS@) at=$at/$word ;;
        esac
    done
    case "$at $previous" in
@VALUES@
        *)
            case "$at" in
@WORDS@
            esac
            [[ $current == -* || -z $files ]] || offered=""
            ;;
    esac
    [[ $current != -* ]] || files=""
    if [[ -n $files ]]; then
        compopt -o filenames 2> /dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$current")
    fi
}
complete -F _dcud dcud
"""

_ZSH = """\
#compdef dcud
# Completion of dcud for zsh, written by python -m dcud.cli.completions from the commands' parsers.

@FUNCTIONS@
_dcud "$@"
"""


def bash() -> str:
    """Return the completion for bash."""
    tree = command_tree()
    nodes = list(tree.walk())
    paths = "|".join(_path(node) for node in nodes if node is not tree)
    values = (line for node in nodes for line in _bash_values(node))
    words = (line for node in nodes for line in _bash_words(node))
    script = _BASH.replace("@PATHS@", paths).replace("@VALUES@", "\n".join(values))
    return script.replace("@WORDS@", "\n".join(words))


def _path(node: Node) -> str:
    """Return a node's words as the script keeps them."""
    return "".join(f"/{word}" for word in node.words[1:])


def _bash_values(node: Node) -> Iterator[str]:
    """Give what may follow each option that takes a value."""
    for argument in node.arguments:
        if argument.flags and argument.value:
            keys = "|".join(quote(f"{_path(node)} {flag}") for flag in argument.flags)
            effect = "files=yes" if argument.is_path else f'offered="{" ".join(argument.choices)}"'
            yield f"        {keys}) {effect} ;;"


def _bash_words(node: Node) -> Iterator[str]:
    """Give what may stand at a node by itself."""
    offered = [child.name for child in node.children]
    offered += [flag for argument in node.arguments for flag in argument.flags]
    plain = [argument for argument in node.arguments if not argument.flags]
    offered += [choice for argument in plain for choice in argument.choices]
    files = " files=yes" if any(argument.is_path for argument in plain) else ""
    yield f'                "{_path(node)}") offered="{" ".join(offered)}"{files} ;;'


def zsh() -> str:
    """Return the completion for zsh."""
    functions = "\n".join("\n".join(_zsh_function(node)) for node in command_tree().walk())
    return _ZSH.replace("@FUNCTIONS@", functions)


def _zsh_function(node: Node) -> Iterator[str]:
    """Give the function that completes what stands after a node's words."""
    yield f"{_function(node)}() {{"
    specs = [spec for argument in node.arguments for spec in _zsh_specs(argument)]
    if not node.children:
        yield from _arguments("_arguments -s", specs)
        yield "}"
        return
    words = " ".join(
        f"{child.name}\\:{_zsh_text(child.summary, words=True)}" for child in node.children
    )
    yield "    local curcontext=$curcontext state line"
    yield from _arguments(
        "_arguments -C", [*specs, _quoted(f"1:command:(({words}))"), quote("*::argument:->rest")]
    )
    yield "    [[ $state != rest ]] || case $words[1] in"
    for child in node.children:
        yield f"        {child.name}) {_function(child)} ;;"
    yield "    esac"
    yield "}"


def _function(node: Node) -> str:
    return "_" + "_".join(node.words)


def _arguments(call: str, specs: list[str]) -> Iterator[str]:
    yield " \\\n".join([f"    {call}", *(f"        {spec}" for spec in specs)])


def _zsh_specs(argument: Argument) -> Iterator[str]:
    """Give what _arguments is told of an argument, a line for each of its flags."""
    value = f":{_zsh_text(argument.value)}:{_zsh_action(argument)}"
    if not argument.flags:
        yield _quoted(f"{'*' if argument.repeats else ''}{value}")
    for flag in argument.flags:
        told = f"*{flag}[{_zsh_text(argument.help)}]"
        yield _quoted(told + value if argument.value else told)


def _zsh_action(argument: Argument) -> str:
    if argument.choices:
        return f"({' '.join(argument.choices)})"
    return "_files" if argument.is_path else " "


def _zsh_text(text: str, *, words: bool = False) -> str:
    """Return text in which no character means anything to _arguments."""
    marks = "\\:[]" + (" \"'`$&;|<>(){}*?!#~" if words else "")
    return "".join(f"\\{letter}" if letter in marks else letter for letter in text)


def _quoted(spec: str) -> str:
    return "'" + spec.replace("'", "'\\''") + "'"


def write_completions(arguments: list[str]) -> None:
    """Write the scripts into the directory in `arguments`, by the names that Debian wants."""
    directory = Path(arguments[0] if arguments else ".")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "dcud").write_text(bash(), encoding="utf-8")
    (directory / "_dcud").write_text(zsh(), encoding="utf-8")


if __name__ == "__main__":
    write_completions(sys.argv[1:])
