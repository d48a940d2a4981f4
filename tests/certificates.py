"""A certificate authority of a test's own, by openssl."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificates:
    """Files: of the authority, of a server at 127.0.0.1 and localhost, of a client, of a stranger's authority."""

    folder: Path

    @property
    def authority(self) -> str:
        return str(self.folder / "ca.pem")

    @property
    def certificate(self) -> str:
        return str(self.folder / "server.pem")

    @property
    def key(self) -> str:
        return str(self.folder / "server.key")

    @property
    def both(self) -> str:
        """Certificate and key in one file."""
        return str(self.folder / "both.pem")

    @property
    def client(self) -> str:
        """Certificate and key of a client, in one file."""
        return str(self.folder / "client.pem")

    @property
    def stranger(self) -> str:
        return str(self.folder / "stranger.pem")


def make_certificates(folder: Path) -> Certificates:
    """Valid for a day."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    for name in ("ca", "stranger"):
        _openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN=test {name}",
                 "-keyout", f"{name}.key", "-out", f"{name}.pem")  # fmt: skip
    for name, extension in (
        ("server", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
        ("client", "extendedKeyUsage=clientAuth"),
    ):
        _openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                 "-out", f"{name}.csr")  # fmt: skip
        (folder / f"{name}.ext").write_text(extension + "\n")
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                 "-days", "1", "-extfile", f"{name}.ext", "-out", f"{name}.crt")  # fmt: skip
    (folder / "server.pem").write_bytes((folder / "server.crt").read_bytes())
    (folder / "both.pem").write_bytes((folder / "server.crt").read_bytes() + (folder / "server.key").read_bytes())
    (folder / "client.pem").write_bytes((folder / "client.crt").read_bytes() + (folder / "client.key").read_bytes())
    return Certificates(folder)


def _openssl(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
