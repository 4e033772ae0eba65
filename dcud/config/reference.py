"""The configuration told from its model: `python -m dcud.config.reference` writes the documents.

They are `docs/configuration.md` and `etc/dcud.toml` below the directory given as argument, the
current one by default.
"""

import sys
import textwrap
from collections.abc import Iterable, Iterator
from inspect import cleandoc, getdoc
from pathlib import Path
from typing import cast

from dcud.config import medium, model, shipped
from dcud.config.document import RawTable
from dcud.config.kind import Kind, Table, Tables
from dcud.config.schema import MAIN_KEYS, REQUIRED, VARIANT_KEY, Key, Keys, keys_of

_WIDTH = 100

_PREFACE = """
    # Configuration

    <!-- Written by `python -m dcud.config.reference` from dcud/config/model.py; don't edit. -->

    dcud reads one TOML file, `/etc/dcud/dcud.toml` unless `--config` names another, and the files
    `*.toml` of a drop-in directory, in the order of their names. `dcud check --config FILE` says
    whether they can be used: every fault with its file, line and remedy, all of them at once.

    - A duration is a number with a unit, one of ms, s, min, h, d, w: `"15 min"`, `"1 h 30 min"`.
    - A size is a number with a unit, one of B, kB, KiB, MB, MiB, GB, GiB: `"64 MiB"`.
    - A path that is not absolute counts from the directory of the file that holds it.
    - Passwords and keys stand in key files, never here.
    """

_TEMPLATES = """
    ## Templates

    `[template.NAME]` holds what meters have in common: any key of `[[meter]]` but those marked
    *own*. A meter names one template or several; later ones amend earlier ones, the meter's own
    keys amend them all, key by key. A job amends the job of the same name: a meter that wants
    a template's job less often says just that.

    ```toml
    [[meter]]
    id = "meter-1"
    bus = "rs485"
    template = ["generic-electricity", "spodes"]
    server_address = {{ logical = 1, physical = 17 }}

    [[meter.job]]
    name = "load-profile"
    interval = "1 h"
    ```

    dcud comes with these templates: {shipped}. A template of the same name in the configuration
    takes the place of a shipped one. [templates.md](templates.md) tells what they are for.
    """

_MEDIA = """
    ## Media

    A bus's `medium` decides what holds for the bus and for the meters on it where neither a
    template nor the meter says otherwise:
    """

_DROP_INS = """
    ## Drop-in directory

    The files `*.toml` in `conf.d` beside the main file, or in the directory that `include` names,
    may add `[[bus]]`, `[[meter]]` and `[template.NAME]`; the other sections stand in the main file
    alone.
    """

_KEY_FILES = """
    ## Key files

    Secrets stand in key files, which are TOML, too: [keys.md](keys.md) tells all of it.

    <!-- key file -->
    ```toml
    [mqtt]
    password = "as text"

    [meter.meter-1]
    lls_password = "hex:31 32 33 34 35 36 37 38"
    unicast_key = "4F2A9C11D07E83B65A1E04C7F9B2386D"
    ```

    A key file is refused unless it is a regular file and no symbolic link, with no rights for
    group and others (`chmod 600`; 400 will do), owned by the user that dcud runs as or by root, in
    a directory that nobody else may write to, nor to any above it. One file may serve all; entries
    that nobody asks for do no harm.

    The other ways in are systemd's credentials (`credential = "NAME"` in place of `key_file`, and
    `LoadCredential=NAME:/path` in the unit) and a program that prints a key file (`key_command`).
"""

_EXAMPLE_PREFACE = """
    The configuration of dcud, with every key there is. A line that begins with "#" and no space
    shows a default or an example: take the "#" away and change it. Where there is neither, it says
    "# key = ...". Check the result with dcud check --config FILE. Written by
    python -m dcud.config.reference from dcud/config/model.py.
    """


def markdown() -> str:
    """Return `docs/configuration.md`."""
    parts = [cleandoc(_PREFACE), "## The top of the file", _key_table(MAIN_KEYS)]
    for name, key in MAIN_KEYS.items():
        if isinstance(key.kind, Table):
            parts += _chapter(f"[{name}]", key.kind.model, "##")
        elif isinstance(key.kind, Tables):
            parts += _chapter(f"[[{name}]]", key.kind.variants[""], "##")
    templates = ", ".join(f"`{name}`" for name in shipped.shipped())
    parts += [cleandoc(_TEMPLATES).format(shipped=templates)]
    parts += [cleandoc(_MEDIA), _media_table(), cleandoc(_DROP_INS), cleandoc(_KEY_FILES)]
    return "\n\n".join(parts) + "\n"


def _chapter(title: str, table: type, level: str) -> Iterator[str]:
    yield f"{level} `{title}`"
    yield getdoc(table) or ""
    yield _key_table(keys_of(table))
    for key in keys_of(table).values():
        path = f"{title.strip('[]')}.{key.name}"
        if isinstance(key.kind, Table):
            yield from _chapter(f"[{path}]", key.kind.model, "###")
        elif isinstance(key.kind, Tables):
            for word, variant in key.kind.variants.items():
                suffix = f' with {VARIANT_KEY} = "{word}"' if word else ""
                yield from _chapter(f"[[{path}]]{suffix}", variant, "###")


def _key_table(keys: Keys) -> str:
    rows = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for key in keys.values():
        own = " *(own)*" if key.note.own else ""
        cells = (f"`{key.name}`", key.kind.words, default_words(key), key.note.sentence + own)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def _media_table() -> str:
    columns = [dict(_flat(medium.preset_document(name).data)) for name in model.MEDIA]
    rows = ["| key | " + " | ".join(f"`{name}`" for name in model.MEDIA) + " |"]
    rows.append("|---" * (1 + len(columns)) + "|")
    for path in dict.fromkeys(path for column in columns for path in column):
        cells = [f"`{column[path]}`" if path in column else "" for column in columns]
        rows.append(f"| `{path}` | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _flat(table: RawTable, path: str = "") -> Iterator[tuple[str, object]]:
    """Give the dotted path and the value of every key in `table` and in those within it."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield path + name, value


def default_words(key: Key) -> str:
    """Return what holds where `key` is left out, in Markdown."""
    if key.is_required:
        return "**required**"
    if key.note.derived:
        return key.note.derived
    value = _default(key)
    return f"`{value}`" if value else "none"


def _default(key: Key) -> str:
    """Return the default as TOML; empty where there is none to write."""
    if not isinstance(key.kind, Kind) or key.default is None or key.is_required:
        return ""
    return key.kind.write(key.default) if key.default != "" else ""


def example() -> str:
    """Return `etc/dcud.toml`: every key, all but the required ones of the daemon commented out."""
    lines = [*_prose(cleandoc(_EXAMPLE_PREFACE)), ""]
    lines += _assignment(MAIN_KEYS["include"], live=True)
    for name, key in MAIN_KEYS.items():
        if isinstance(key.kind, Table):
            lines += _table(f"[{name}]", key.kind.model, live=True)
    _, *others = model.LINES
    lines += _table("[[bus]]", model.Bus, leave_out=others)
    for line in others:
        table = cast("Table", keys_of(model.Bus)[line].kind)
        lines += ["", "#[[bus]]", f'#id = "{line}"', *_table(f"[bus.{line}]", table.model)]
    lines += _table("[[meter]]", model.Meter)
    lines += ["", "# What meters have in common; see the chapter on templates."]
    lines += ["#[template.our-meters]", "#client_sap = 32"]
    return "\n".join(lines) + "\n"


def _table(
    title: str, table: type, *, live: bool = False, leave_out: Iterable[str] = (), word: str = ""
) -> Iterator[str]:
    """Give a table and those within it; `word` is the variant, where there are several."""
    mark = "" if live else "#"
    yield ""
    yield from _prose(getdoc(table) or "")
    yield f"{mark}{title}"
    if word:
        yield f'{mark}{VARIANT_KEY} = "{word}"'
    keys = [key for key in keys_of(table).values() if key.name not in leave_out]
    for key in keys:
        # Elements of a list are amended by name: each variant needs one of its own.
        yield from _assignment(key, word if key.name == "name" else "", live=live)
    for key in keys:
        path = f"{title.strip('[]')}.{key.name}"
        if isinstance(key.kind, Table):
            yield from _table(f"[{path}]", key.kind.model)
        elif isinstance(key.kind, Tables):
            for variant, element in key.kind.variants.items():
                yield from _table(f"[[{path}]]", element, word=variant)


def _assignment(key: Key, example: object = "", *, live: bool) -> Iterator[str]:
    """Give one key with its sentence; live only where the key is required."""
    if not isinstance(key.kind, Kind):
        return
    default = "" if key.is_required else f" Default: {default_words(key).replace('`', '')}."
    yield from _prose(f"{key.note.sentence} ({key.kind.words}){default}")
    value = example or key.note.example or key.default
    if value in {None, "", REQUIRED}:
        yield f"# {key.name} = ..."
    else:
        mark = "" if live and key.is_required else "#"
        yield f"{mark}{key.name} = {key.kind.write(value)}"


def _prose(text: str) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        _WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_on_hyphens=False,
    )


DOCUMENTS = {"docs/configuration.md": markdown, "etc/dcud.toml": example}
"""What is written where, below the project's root."""


def main(arguments: list[str]) -> None:
    """Write the documents below the directory in `arguments`."""
    root = Path(arguments[0] if arguments else ".")
    for name, render in DOCUMENTS.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
