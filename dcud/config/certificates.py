"""The certificates of meters and authorities, from the files that the configuration names.

Imported only where a meter needs certificates. They are public, so anyone may read the files; but
whoever could change them could have us trust a meter that isn't one.
"""

import errno
import os
import shlex
import stat
from pathlib import Path

from dcud.config.problem import ConfigError, Problem
from dcud.dlms.errors import CertificateError
from dcud.dlms.security.certificate import Certificate
from dcud.dlms.security.certificates import Certificates
from dcud.dlms.security.primitives.x509 import X509Certificate, certificates_in

LARGEST_FILE = 1 << 20
"""Octets; more is no file of certificates."""

SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der"})
"""Of the files in a directory, those that end so are read, in any case of letters."""

_OTHERS_MAY_WRITE = 0o002


def load_certificates(*, anchors: str | None, others: str | None) -> Certificates:
    """Return the certificates in these files or directories, each one once.

    A file holds one certificate in DER, or any number in PEM; of a directory its own files are
    read, in the order of their names.

    Args:
        anchors: file or directory of those that are trusted without proof; None for none.
        others: likewise, of meters' and of authorities' below the anchors.

    Raises:
        ConfigError: files are missing, malformed, or anyone could change them; tells of each one.
    """
    problems: list[Problem] = []
    trusted = _load(anchors, problems)
    known = _load(others, problems)
    if problems:
        raise ConfigError(problems)
    return Certificates(
        anchors=trusted, others=tuple(each for each in known if each not in trusted)
    )


def _load(place: str | None, problems: list[Problem]) -> tuple[Certificate, ...]:
    """Return what is in a file or directory; what is wrong there is added to the problems."""
    if place is None:
        return ()
    try:
        files = _files(Path(place))
    except ConfigError as error:
        problems += error.problems
        return ()
    found: dict[Certificate, None] = {}
    for file in files:
        try:
            found |= dict.fromkeys(map(Certificate, _certificates(file)))
        except ConfigError as error:
            problems += error.problems
    return tuple(found)


def _files(place: Path) -> list[Path]:
    """Return the files of certificates in a directory, or the file that `place` is."""
    try:
        status = place.stat()
        if not stat.S_ISDIR(status.st_mode):
            return [place]
        files = sorted(place.iterdir())
    except OSError as error:
        raise _unreadable(place, error) from None
    if status.st_mode & _OTHERS_MAY_WRITE and not status.st_mode & stat.S_ISVTX:
        raise _writable(place, status.st_mode)
    return [file for file in files if file.suffix.lower() in SUFFIXES]


def _certificates(file: Path) -> tuple[X509Certificate, ...]:
    octets = _read(file)
    try:
        return certificates_in(octets)
    except CertificateError as error:
        raise _refused(
            file,
            f"holds no certificate that can be used: {error.message}",
            "put a certificate on P-256 or P-384 there, in PEM or DER, or remove the file",
        ) from None


def _read(file: Path) -> bytes:
    """Return what the file holds, after a look at the very file that is read."""
    try:
        # Without O_NONBLOCK the opening of a named pipe would wait for a writer.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(file, error) from None
    with os.fdopen(descriptor, "rb") as opened:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _refused(file, "is no regular file", "name a file of certificates")
        if mode & _OTHERS_MAY_WRITE:
            raise _writable(file, mode)
        octets = opened.read(LARGEST_FILE + 1)
    if len(octets) > LARGEST_FILE:
        raise _refused(file, "is larger than 1 MiB", "check that it holds certificates")
    return octets


def _writable(path: Path, mode: int) -> ConfigError:
    return _refused(
        path,
        f"has mode {stat.S_IMODE(mode):03o}; anyone may change whom we trust",
        f"chmod o-w {shlex.quote(str(path))}",
    )


def _unreadable(path: Path, error: OSError) -> ConfigError:
    remedies = {
        errno.ENOENT: "put the certificates there, or correct the path",
        errno.EACCES: f"chmod a+rX {shlex.quote(str(path))}",
    }
    reason = error.strerror or "unknown error"
    return _refused(
        path, f"can't be read: {reason}", remedies.get(error.errno or 0, "check the path")
    )


def _refused(path: Path, message: str, remedy: str) -> ConfigError:
    problem = Problem(file=str(path), line=0, key="", message=message, remedy=remedy)
    return ConfigError([problem])
