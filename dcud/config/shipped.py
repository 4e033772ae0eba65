"""The meter templates that come with dcud."""

from pathlib import Path

DIRECTORY = Path(__file__).parent / "templates"
"""Package data: `NAME.toml` holds `[template.NAME]`, in the form of a drop-in file."""


def shipped() -> list[str]:
    """Return the names of the templates that come with dcud."""
    return sorted(file.stem for file in DIRECTORY.glob("*.toml"))


def path_of(name: str) -> Path | None:
    """Return the file of the template with that name, or None."""
    return DIRECTORY / f"{name}.toml" if name in shipped() else None
