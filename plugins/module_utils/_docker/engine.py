# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Docker engine of this machine: is it there, does it answer, what does it need, and how is it started."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

SOCKET = "/var/run/docker.sock"
DAEMON_CONFIG = Path("/etc/docker/daemon.json")
LOG = Path("/var/log/dockerd.log")
PID_FILE = Path("/var/run/docker.pid")
STARTED_BY_HAND = Path("/var/run/proven.webapp-dockerd.pid")
"""Holds the process number of an engine that was started here, so that it alone is stopped again."""
RUNTIME_NAME = "proven-runc"
RUNTIME = "/usr/local/lib/proven.webapp/runc-without-missing-capabilities"
ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["queried", "started", "stopped"], "default": "started"},
    "runtime": {"type": "path", "default": RUNTIME},
}
"""What the module takes."""
STOP_SECONDS = 30.0
START_SECONDS = 40.0
STATUS = Path("/proc/self/status")
LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(5)
        self.sock.connect(self._path)


@dataclass(frozen=True)
class Engine:
    """What is there.

    :ivar installed: the daemon's program is on this machine.
    :ivar running: it answers us.
    :ivar version: of the running engine, or "".
    :ivar denied: it is there, but this user may not talk to it.
    :ivar missing_capabilities: this machine withholds capabilities that a privileged container asks for.
    :ivar systemd: services are started by systemd here.
    :ivar configured: the engine's configuration names our runtime.
    """

    installed: bool
    running: bool
    version: str
    denied: bool
    missing_capabilities: bool
    systemd: bool
    configured: bool


def result(found: Engine, runtime: str, *, changed: bool, started: bool) -> dict[str, Any]:
    """What the module returns."""
    return {
        "changed": changed,
        "installed": found.installed,
        "running": found.running,
        "version": found.version,
        "runtime": runtime,
        "needs_runtime": found.missing_capabilities and not found.configured,
        "started": started,
    }


def lacks_capabilities(status: str, last: int) -> bool:
    """Is a capability that the kernel knows outside of this process' bounding set?

    :param status: text of /proc/self/status.
    :param last: number of the kernel's last capability.
    """
    bounding = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapBnd:"))
    return bounding != (1 << (last + 1)) - 1


def docker_host() -> str:
    """Address of the engine that the environment names, or the default socket."""
    return os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}"


def ask_version(path: str) -> tuple[str, bool]:
    """(version or "", denied) of the engine behind a socket."""
    connection = _UnixConnection(path)
    try:
        connection.request("GET", "/version")
        answer = connection.getresponse()
        return str(json.loads(answer.read()).get("Version", "")), False
    except PermissionError:
        return "", True
    except (OSError, ValueError, http.client.HTTPException):
        return "", False
    finally:
        connection.close()


def look(runtime: str) -> Engine:
    host = docker_host()
    if host.startswith("unix://"):
        version, denied = ask_version(host.removeprefix("unix://"))
    else:
        answer = subprocess.run(["docker", "version", "-f", "{{.Server.Version}}"], capture_output=True, text=True, check=False)
        version, denied = answer.stdout.strip(), False
    root = os.geteuid() == 0
    return Engine(
        installed=shutil.which("dockerd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") is not None,
        running=bool(version),
        version=version,
        denied=denied,
        # A user's own bounding set says nothing about the daemon's.
        missing_capabilities=root and lacks_capabilities(STATUS.read_text(), int(LAST_CAPABILITY.read_text())),
        systemd=Path("/run/systemd/system").is_dir(),
        configured=configuration_with_runtime(read_configuration(), runtime) == read_configuration(),
    )


def read_configuration() -> dict[str, Any]:
    """:raises ProvenError: when the engine's configuration isn't JSON."""
    if not DAEMON_CONFIG.exists():
        return {}
    try:
        found: dict[str, Any] = json.loads(DAEMON_CONFIG.read_text() or "{}")
        return found
    except ValueError as error:
        raise ProvenError(f"The Docker engine's configuration is not valid JSON: {error}", where=str(DAEMON_CONFIG)) from error


def configuration_with_runtime(configuration: dict[str, Any], runtime: str) -> dict[str, Any]:
    """The configuration with our runtime as the default; all else stays."""
    runtimes = {**configuration.get("runtimes", {}), RUNTIME_NAME: {"path": runtime}}
    return {**configuration, "runtimes": runtimes, "default-runtime": RUNTIME_NAME}


def configure(runtime: str) -> None:
    """Name our runtime in the engine's configuration."""
    DAEMON_CONFIG.parent.mkdir(parents=True, exist_ok=True)
    wanted = configuration_with_runtime(read_configuration(), runtime)
    scratch = DAEMON_CONFIG.with_suffix(".proven")
    scratch.write_text(json.dumps(wanted, indent=2) + "\n")
    os.replace(scratch, DAEMON_CONFIG)


def reload() -> None:
    """Have a running engine read its configuration again; it takes runtimes without a restart."""
    os.kill(int(PID_FILE.read_text()), signal.SIGHUP)


def start(systemd: bool) -> None:
    """Start the engine and wait until it answers.

    :raises ProvenError: with the end of its log.
    """
    began = time.time()
    process = None
    if systemd:
        subprocess.run(["systemctl", "start", "docker"], check=False, capture_output=True)
    else:
        with LOG.open("ab") as log:
            process = subprocess.Popen(["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/")
        STARTED_BY_HAND.write_text(f"{process.pid}\n")
    while time.time() - began < START_SECONDS:
        if ask_version(SOCKET)[0]:
            return
        if process is not None and process.poll() is not None:
            break
        time.sleep(0.2)
    ended = process is not None and process.poll() is not None
    if systemd:
        text = subprocess.run(["journalctl", "-u", "docker", "-n", "12", "--no-pager"], capture_output=True, text=True, check=False).stdout
    else:
        text = LOG.read_text(errors="replace") if LOG.exists() else ""
    how = "it ended" if ended else f"not within {START_SECONDS:.0f} s of its start"
    raise ProvenError(
        f"The Docker engine did not answer: {how}.\n" + "\n".join(text.splitlines()[-12:]),
        where="journalctl -u docker" if systemd else str(LOG),
        fix="Start it by hand and look at its messages (dockerd), or name another engine by DOCKER_HOST.",
    )


def started_by_hand() -> int | None:
    """Process number of the engine that was started here and still runs."""
    try:
        pid = int(STARTED_BY_HAND.read_text())
        return pid if Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd" else None
    except (OSError, ValueError):
        return None


def containers() -> int:
    """How many containers the engine has, running or not."""
    connection = _UnixConnection(SOCKET)
    try:
        connection.request("GET", "/containers/json?all=true")
        return len(json.loads(connection.getresponse().read()))
    finally:
        connection.close()


def stop(pid: int) -> None:
    """End the engine and wait until it is gone.

    :raises ProvenError: when it doesn't end.
    """
    os.kill(pid, signal.SIGTERM)
    end = time.time() + STOP_SECONDS
    while Path(f"/proc/{pid}").exists():
        if time.time() > end:
            raise ProvenError(f"The Docker engine did not end within {STOP_SECONDS:.0f} s.", where=f"process {pid}", fix=f"Look at {LOG}.")
        time.sleep(0.1)
    STARTED_BY_HAND.unlink(missing_ok=True)
