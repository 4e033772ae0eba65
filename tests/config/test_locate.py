"""Documents are generated together with the line at which each key was put."""

import tomli
from hypothesis import given
from hypothesis import strategies as st

from dcud.config.locate import Path, line_of, locate

TEXT = """\
# a comment = 1
top = "x"
dotted.key = 1
[a]
b = 1
"quoted.key" = [
    1, # one
    [2, 3],
    { x = 1, y.z = 2 },
]
[[list]]
id = 'one'
[list.sub]
x = \"\"\"
[not.a.table]
"\\"\"\"\"
[[list]]
id = 'two'
[[list.inner]]
k = '''
''''
[[list.inner]]
k = 2
[ spaced . "out" ]
k = 1979-05-27 07:32:00
"""


def test_each_form_is_found() -> None:
    lines = locate(TEXT)
    assert lines["top",] == 2
    assert lines["dotted", "key"] == 3
    assert lines["a",] == 4
    assert lines["a", "b"] == 5
    assert lines["a", "quoted.key"] == 6
    assert lines["a", "quoted.key", 0] == 7
    assert lines["a", "quoted.key", 1, 1] == 8
    assert lines["a", "quoted.key", 2, "y", "z"] == 9
    assert lines["list", 0, "id"] == 12
    assert lines["list", 0, "sub", "x"] == 14
    assert lines["list", 1] == 17
    assert lines["list", 1, "inner", 0, "k"] == 20
    assert lines["list", 1, "inner", 1] == 22
    assert lines["spaced", "out", "k"] == 25
    assert set(lines) == paths(tomli.loads(TEXT))


def test_windows_line_ends_count_once() -> None:
    assert locate('a = """\r\nx"""\r\nb = 1\r\n') == {("a",): 1, ("b",): 3}


def test_an_escaped_key_is_found_by_what_it_means() -> None:
    assert locate('"\\u0061b" = 1') == {("ab",): 1}


def test_the_nearest_thing_around_stands_in() -> None:
    lines = locate("[a]\nb = 1\n")
    assert line_of(lines, ("a", "missing", "deeper")) == 1
    assert line_of(lines, ("missing",)) == 0


def test_nesting_without_end_does_no_harm() -> None:
    lines = locate("first = 1\ndeep = " + "[" * 5000 + "]" * 5000)
    assert lines["first",] == 1


def paths(value: object, path: Path = ()) -> set[Path]:
    """Give the path of everything in a parsed document."""
    found = {path} if path else set()
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for step, inner in items:
        found |= paths(inner, (*path, step))
    return found


def meaning(key: str) -> str:
    """Return the key that a bare or quoted writing means; none of ours has escapes."""
    return key[1:-1] if key[0] in "\"'" else key


bare = st.text("ab-_1", min_size=1, max_size=3)
quoted = st.text("a.]#= \t", max_size=3).map(lambda text: f'"{text}"')
literal = st.text('a."[', max_size=3).map(lambda text: f"'{text}'")
keys = bare | quoted | literal
space = st.sampled_from(["", " ", "\t "])
blank = st.sampled_from(["", " ", "\n", " # ]}',\"\n", "\n\n"])
scalars = st.sampled_from(
    [
        "1", "-0.5", "true", "inf", "1979-05-27", "1979-05-27 07:32:00Z", "0xff",
        '"#]"', "'\\'", '"\\"]"', '""', "''",
        '"""a\n"b"" \\""""', '"""\n"""""', "'''\n''x'''''", '"""[x]\n\\\n  y"""',
    ]
)  # fmt: skip


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    items = draw(st.lists(inner, max_size=3))
    text = "".join(draw(blank) + item + draw(blank) + "," for item in items)
    return "[" + (text if draw(st.booleans()) else text.removesuffix(",")) + draw(blank) + "]"


@st.composite
def inline_tables(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    names = draw(st.lists(keys, max_size=3, unique_by=meaning))
    pairs = (f"{draw(space)}{name}{draw(space)}={draw(space)}{draw(inner)}" for name in names)
    return "{" + ",".join(pairs) + draw(space) + "}"


values = st.recursive(scalars, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Path, int]]:
    """Give a document, and the lines of its headers and of the keys below them."""
    text = ""
    expected: dict[Path, int] = {}
    counts: dict[str, int] = {}

    def put_keys(table: Path) -> None:
        nonlocal text
        names = draw(st.lists(keys, max_size=3, unique_by=meaning))
        for name in names:
            text += draw(blank.filter(lambda gap: not gap or gap.endswith("\n")))
            path = (*table, meaning(name))
            expected[path] = text.count("\n") + 1
            suffix = ""
            if draw(st.booleans()):
                suffix = f"{draw(space)}.{draw(space)}x"
                expected[*path, "x"] = expected[path]
            text += f"{draw(space)}{name}{suffix}{draw(space)}={draw(space)}{draw(values)} # =\n"

    put_keys(())
    for number in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from(["one", "two"]))
        is_list = draw(st.booleans())
        line = text.count("\n") + 1
        if is_list:
            index = counts[name] = counts.get(name, -1) + 1
            text += f"[[{draw(space)}list-{name}{draw(space)}]]\n"
            expected[f"list-{name}", index] = line
            put_keys((f"list-{name}", index))
        else:
            text += f"[{draw(space)}table-{number} . inner{draw(space)}] # [x]\n"
            expected[f"table-{number}", "inner"] = line
            put_keys((f"table-{number}", "inner"))
    return text, expected


@given(document=documents())
def test_every_key_of_any_document_is_found_at_its_line(
    document: tuple[str, dict[Path, int]],
) -> None:
    text, expected = document
    lines = locate(text)
    assert {path: lines.get(path) for path in expected} == expected
    assert set(lines) == paths(tomli.loads(text))
