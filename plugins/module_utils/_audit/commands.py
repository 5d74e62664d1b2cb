# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a probe's command does, as far as its words tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

SHELLS = {"sh", "bash", "ash", "dash", "busybox"}
CONNECTING = {"nc", "ncat", "netcat", "telnet"}
"""Programs that take host and port as two words."""
CLIENTS = CONNECTING | {
    "cqlsh",
    "curl",
    "dig",
    "grpc_health_probe",
    "grpcurl",
    "http",
    "mariadb",
    "mariadb-admin",
    "mongo",
    "mongosh",
    "mysql",
    "mysqladmin",
    "nslookup",
    "pg_isready",
    "ping",
    "psql",
    "rabbitmq-diagnostics",
    "rabbitmqctl",
    "redis-cli",
    "valkey-cli",
    "wget",
}
HOST_OPTIONS = {"-h", "--host", "-addr", "--addr", "--hostname"}
NO_HOST_OPTION = {"curl", "wget", "nc", "ncat", "netcat", "telnet", "http", "grpcurl"}
"""Programs to which -h means help or something else."""

_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^@/\s]*@)?(\[[^\]\s]*\]|[^/:?\s]*)", re.IGNORECASE)
_DEVICE = re.compile(r"/dev/(?:tcp|udp)/([^/\s]+)/")
_VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|\((\w+)\)|(\w+))")
_OWN_NAME = re.compile(r"localhost|ip6-localhost|127\.[0-9.]+|0\.0\.0\.0|\[?::1?\]?", re.IGNORECASE)
_OWN_VARIABLE = re.compile(r"HOSTNAME|.*POD.*")
_ADDRESS = re.compile(r".*(?:HOST|URL|URI|DSN|ADDR|SERVER|ENDPOINT).*")


def words_of(command: Sequence[str]) -> list[str]:
    """The words that are run; a shell's script is taken apart."""
    words: list[str] = []
    for index, word in enumerate(command):
        script = any(_program(before) in SHELLS for before in command[:index])
        words += re.split(r"[\s;|&<>'\"`]+", word) if script else [word]
    return [word for word in words if word]


def _program(word: str) -> str:
    return word.rpartition("/")[2]


def client_in(command: Sequence[str]) -> str:
    """The first client program that a command runs; empty if none."""
    return next((program for word in words_of(command) if (program := _program(word)) in CLIENTS), "")


def _elsewhere(host: str) -> str:
    """The host, if it is another than the container; a variable by its name."""
    if not host or host.startswith(("/", "-", "@")) or _OWN_NAME.fullmatch(host):
        return ""
    variable = _VARIABLE.match(host)
    if variable:
        name = next(group for group in variable.groups() if group)
        return "" if _OWN_VARIABLE.fullmatch(name) or not _ADDRESS.fullmatch(name) else f"${name}"
    return "" if host.startswith("$") else host


def _hosts(words: Sequence[str], client: str) -> list[str]:
    found: list[str] = []
    options = set() if client in NO_HOST_OPTION else HOST_OPTIONS
    for word, after in pairwise([*words, ""]):
        found += [host.strip("[]") for host in _URL.findall(word)]
        found += _DEVICE.findall(word)
        name, equals, value = word.partition("=")
        if word in options:
            found.append(_bare(after))
        elif equals and name in options:
            found.append(_bare(value))
        elif re.fullmatch(r"-h[\w$.{}()-]{2,}", word) and "-h" in options:
            found.append(_bare(word[2:]))
        elif client and (_VARIABLE.fullmatch(word) or (client in CONNECTING and _host_and_port(word, after))):
            found.append(word)
    return found


def _host_and_port(word: str, after: str) -> bool:
    return after.isdigit() and not word.isdigit() and not word.startswith("-")


def _bare(host: str) -> str:
    """Without a port, and of a URL its host alone."""
    url = _URL.match(host)
    if url:
        return url.group(1).strip("[]")
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def other_host_in(command: Sequence[str]) -> str:
    """Another host that a command asks; empty if none can be seen. A variable stands as `$NAME`; what it holds isn't looked at."""
    words = words_of(command)
    return next((host for found in _hosts(words, client_in(command)) if (host := _elsewhere(found))), "")
