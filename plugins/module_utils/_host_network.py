# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How this machine reaches package registries: its own mirrors and certificates, for builds to use and never to keep."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "FTP_PROXY", "http_proxy", "https_proxy", "no_proxy", "ftp_proxy")
"""Build arguments that every build takes without declaring them, and that stay in no image."""
SYSTEM_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
PIP_CONFIGS = ("~/.config/pip/pip.conf", "~/.pip/pip.conf", "/etc/pip.conf")
PUBLIC_MAIN = "http://deb.debian.org/debian"


@dataclass(frozen=True)
class DebianMirrors:
    """Base addresses of Debian's archives.

    :ivar main: with the suites `bookworm`, `bookworm-updates` …
    :ivar security: with the suites `bookworm-security` …
    """

    main: str = PUBLIC_MAIN
    security: str = "http://deb.debian.org/debian-security"


def first_file(paths: tuple[str, ...]) -> str | None:
    for path in paths:
        expanded = os.path.expanduser(path)
        if os.path.isfile(expanded):
            return expanded
    return None


def ca_bundle() -> str | None:
    """The certificates that this machine trusts, private ones of its network among them."""
    named = tuple(os.environ[name] for name in CA_VARIABLES if os.environ.get(name))
    return first_file(named + SYSTEM_BUNDLES)


def read_authorities(path: str) -> str:
    """PEM certificates of a file.

    :raises ProvenError: it holds none.
    """
    try:
        found = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProvenError(f"The CA certificates can't be read: {error}", where="toolchain_ca_bundle", fix="Correct the path.") from error
    if "-----BEGIN CERTIFICATE-----" not in found:
        raise ProvenError(f"{path} holds no certificate.", where="toolchain_ca_bundle", fix="Name a file of PEM certificates.")
    return found


def with_authorities(extra: str, target: Path) -> str:
    """Write this machine's certificates and those of another file into one; its path.

    :raises ProvenError: the other file holds none.
    """
    more = read_authorities(extra)
    own = ca_bundle()
    known = Path(own).read_text(encoding="utf-8") if own else ""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"{known.rstrip()}\n{more}".lstrip(), encoding="utf-8")
    return str(target)


def trust(extra: str, target: Path) -> None:
    """Have this process and those that it starts trust the certificates of a file besides this machine's own; nothing without one.

    :param target: where the certificates of both are written.
    :raises ProvenError: the file holds none.
    """
    if extra:
        path = with_authorities(extra, target)
        os.environ.update(dict.fromkeys(CA_VARIABLES, path))


def apt_entries(texts: list[str]) -> list[tuple[str, str]]:
    """(address, suite) of each enabled binary source, in deb822 or one-line form."""
    entries: list[tuple[str, str]] = []
    for text in texts:
        for line in text.splitlines():
            match = re.match(r"\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)", line)
            if match:
                entries.append((match.group(1), match.group(2)))
        for stanza in re.split(r"\n\s*\n", text):
            fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.+)$", stanza, re.MULTILINE))
            if "deb" in fields.get("Types", "").split() and fields.get("Enabled", "yes") != "no":
                entries += [(uri, suite) for uri in fields.get("URIs", "").split() for suite in fields.get("Suites", "").split()]
    return entries


def mirrors_from(entries: list[tuple[str, str]]) -> DebianMirrors:
    """Debian's archives among apt's sources; the public ones where none is named."""
    main = next((uri for uri, suite in entries if re.fullmatch(r"(bookworm|trixie|forky|stable)(-updates)?", suite)), None)
    security = next((uri for uri, suite in entries if re.fullmatch(r"(bookworm|trixie|forky|stable)-security(/updates)?", suite)), None)
    default = DebianMirrors()
    return DebianMirrors(main or default.main, security or default.security)


def apt_sources(mirrors: DebianMirrors, suite: str) -> str:
    """apt's sources of a suite and its updates, in one-line form."""
    archives = ((mirrors.main, suite), (mirrors.main, f"{suite}-updates"), (mirrors.security, f"{suite}-security"))
    return "".join(f"deb {address} {name} main\n" for address, name in archives)


def debian_mirrors() -> DebianMirrors:
    files = ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]
    return mirrors_from(apt_entries([Path(file).read_text(encoding="utf-8", errors="replace") for file in files if os.path.isfile(file)]))


def build_secrets(ca: str = "") -> dict[str, str]:
    """Secret id → file, for image builds: `ca`, `pip`, `npmrc`, as far as this machine has them.

    :param ca: takes the place of the machine's own certificates.
    """
    found = {
        "ca": ca or ca_bundle(),
        "pip": first_file((os.environ.get("PIP_CONFIG_FILE", ""), *PIP_CONFIGS)),
        "npmrc": first_file((os.environ.get("NPM_CONFIG_USERCONFIG", ""), "~/.npmrc")),
    }
    return {name: path for name, path in found.items() if path}
