import os
from base64 import encodebytes
from pathlib import Path

import pytest

from dcud.config.certificates import LARGEST_FILE, load_certificates
from dcud.config.problem import ConfigError
from dcud.dlms.security.certificate import Certificate
from tests.support.meter_certificates import Issuer

ROOT = Issuer.root()
SUB = ROOT.below("Sub CA")
METER = SUB.meter()


def of(issuer: Issuer) -> Certificate:
    return Certificate.from_der(issuer.der)


def pem(*issuers: Issuer) -> bytes:
    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + encodebytes(each.der) + b"-----END CERTIFICATE-----\n"
        for each in issuers
    )


def put(path: Path, octets: bytes, mode: int = 0o644) -> Path:
    path.write_bytes(octets)
    path.chmod(mode)
    return path


def refusal(place: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_certificates(anchors=str(place), others=None)
    return str(caught.value)


def test_nothing_is_named_nothing_is_found() -> None:
    found = load_certificates(anchors=None, others=None)
    assert (found.anchors, found.others) == ((), ())


def test_files_in_either_form(tmp_path: Path) -> None:
    anchors = put(tmp_path / "root", ROOT.der)
    others = put(tmp_path / "others", b"the chain:\n" + pem(SUB, METER))
    found = load_certificates(anchors=str(anchors), others=str(others))
    assert found.anchors == (of(ROOT),)
    assert found.others == (of(SUB), of(METER))


def test_of_a_directory_the_files_of_certificates_are_read_in_order(tmp_path: Path) -> None:
    put(tmp_path / "b.PEM", pem(SUB, METER))
    put(tmp_path / "a.der", METER.der)
    put(tmp_path / "c.crt", pem(SUB))
    put(tmp_path / "d.cer", ROOT.der)
    put(tmp_path / "README", b"no certificate")
    (tmp_path / "below").mkdir()
    found = load_certificates(anchors=None, others=str(tmp_path))
    assert found.others == (of(METER), of(SUB), of(ROOT))


def test_what_is_trusted_is_no_other(tmp_path: Path) -> None:
    anchors = put(tmp_path / "root.pem", pem(ROOT))
    put(tmp_path / "sub.pem", pem(SUB))
    found = load_certificates(anchors=str(anchors), others=str(tmp_path))
    assert (found.anchors, found.others) == ((of(ROOT),), (of(SUB),))


def test_a_missing_place_is_named(tmp_path: Path) -> None:
    place = tmp_path / "none.pem"
    assert refusal(place) == (
        f"{place}: can't be read: No such file or directory; put the certificates there, or"
        " correct the path"
    )


def test_a_place_that_cant_be_entered_is_named(tmp_path: Path) -> None:
    place = put(tmp_path / "file", b"") / "below.pem"
    assert refusal(place) == f"{place}: can't be read: Not a directory; check the path"


def test_a_file_that_cant_be_opened_is_named(tmp_path: Path) -> None:
    dangling = tmp_path / "gone.pem"
    dangling.symlink_to(tmp_path / "nowhere")
    assert f"{dangling}: can't be read: No such file" in refusal(tmp_path)


def test_a_link_is_followed(tmp_path: Path) -> None:
    target = put(tmp_path / "root", ROOT.der)
    (tmp_path / "link.pem").symlink_to(target)
    assert load_certificates(anchors=str(tmp_path), others=None).anchors == (of(ROOT),)


def test_a_file_that_anyone_may_change_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "my root.pem", pem(ROOT), 0o666)
    assert refusal(path) == (
        f"{path}: has mode 666; anyone may change whom we trust; chmod o-w '{path}'"
    )


def test_a_directory_that_anyone_may_change_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "root.pem", pem(ROOT))
    tmp_path.chmod(0o777)
    assert f"{tmp_path}: has mode 777; anyone may change whom we trust" in refusal(tmp_path)
    tmp_path.chmod(0o1777)
    assert load_certificates(anchors=str(tmp_path), others=None).anchors == (of(ROOT),)


def test_a_place_that_anyone_may_read_is_read(tmp_path: Path) -> None:
    put(tmp_path / "root.pem", pem(ROOT), 0o664)
    tmp_path.chmod(0o775)
    assert load_certificates(anchors=str(tmp_path), others=None).anchors == (of(ROOT),)


def test_each_file_that_holds_none_is_named_with_the_remedy(tmp_path: Path) -> None:
    one, other = put(tmp_path / "a.pem", b"not PEM"), put(tmp_path / "b.der", METER.der[:-1])
    put(tmp_path / "c.der", METER.der)
    with pytest.raises(ConfigError) as caught:
        load_certificates(anchors=str(tmp_path / "missing"), others=str(tmp_path))
    files = [problem.file for problem in caught.value.problems]
    assert files == [str(one), str(other), str(tmp_path / "missing")]
    assert str(caught.value.problems[0]) == (
        f"{one}: holds no certificate that can be used: 7 octets are not a certificate, or a"
        " malformed one; put a certificate on P-256 or P-384 there, in PEM or DER, or remove the"
        " file"
    )


def test_a_pipe_is_no_file_of_certificates(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.pem"
    os.mkfifo(pipe)
    assert refusal(pipe) == f"{pipe}: is no regular file; name a file of certificates"


def test_a_large_file_is_not_looked_at(tmp_path: Path) -> None:
    padded = pem(ROOT).rjust(LARGEST_FILE, b"\n")
    largest = put(tmp_path / "largest.pem", padded)
    assert load_certificates(anchors=str(largest), others=None).anchors == (of(ROOT),)
    path = put(tmp_path / "large.pem", b"\n" + padded)
    assert refusal(path) == f"{path}: is larger than 1 MiB; check that it holds certificates"


def test_a_private_key_is_no_certificate_and_does_not_show(tmp_path: Path) -> None:
    key = b"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqG\n-----END PRIVATE KEY-----\n"
    path = put(tmp_path / "key.pem", key)
    told = refusal(path)
    assert "holds no certificate" in told
    assert "MIGH" not in told
