"""A fresh Debian 12 on this machine: its own file system, processes and network, and nothing in it but Python 3 and make.

No virtual machine: a root file system made from packages, entered by namespaces of its own. What a user would find on a bare machine holds:
no Docker engine, no cluster, no Go, no Node, no cache; root; package registries within reach.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PACKAGES = "python3,make,ca-certificates"
NETWORK = "proven-fresh"
HOST_END = "proven-fresh0"
ADDRESSES = ("10.213.77.1", "10.213.77.2")
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
# How this machine reaches package registries; a user's machine is set up for its network likewise.
PASSED_ON = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GOPROXY", "GOSUMDB", "GONOSUMDB", "PIP_INDEX_URL")


def run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=check, capture_output=True, text=True)


@dataclass
class Machine:
    """A fresh machine below `root`; make it, use it, remove it."""

    root: Path

    def make(self) -> None:
        self.remove()
        self.root.parent.mkdir(parents=True, exist_ok=True)
        run("mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(self.root))
        self._trust()
        for name in ("hosts", "resolv.conf"):
            shutil.copy(f"/etc/{name}", self.root / "etc" / name)
        host, guest = ADDRESSES
        run("ip", "netns", "add", NETWORK)
        run("ip", "link", "add", HOST_END, "type", "veth", "peer", "name", "eth0", "netns", NETWORK)
        run("ip", "address", "add", f"{host}/30", "dev", HOST_END)
        # No larger than any link on the way, so that nothing has to be found out about it.
        run("ip", "link", "set", HOST_END, "up", "mtu", "1400")
        for command in (
            f"address add {guest}/30 dev eth0",
            "link set eth0 up mtu 1400",
            "link set lo up",
            f"route add default via {host}",
        ):
            run("ip", "-n", NETWORK, *command.split())
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")
        for rule in self._rules():
            run("iptables", *rule("-I"))

    def _trust(self) -> None:
        """Trust the authorities that this machine was told to trust, beside the public ones that each machine's package has."""
        public = {one for file in Path("/usr/share/ca-certificates").rglob("*.crt") for one in CERTIFICATE.findall(file.read_text())}
        private = [one for one in CERTIFICATE.findall(Path(CA_BUNDLE).read_text()) if one not in public]
        own = self.root / "usr/local/share/ca-certificates"
        own.mkdir(parents=True, exist_ok=True)
        for number, certificate in enumerate(private):
            (own / f"machine-{number}.crt").write_text(f"{certificate}\n")
        run("chroot", str(self.root), "update-ca-certificates")

    def _rules(self) -> tuple[Callable[[str], list[str]], ...]:
        network = f"{ADDRESSES[0]}/30"
        return (
            lambda how: ["-t", "nat", how, "POSTROUTING", "-s", network, "!", "-o", HOST_END, "-j", "MASQUERADE"],
            lambda how: [how, "FORWARD", "-i", HOST_END, "-j", "ACCEPT"],
            lambda how: [how, "FORWARD", "-o", HOST_END, "-j", "ACCEPT"],
        )

    def start(self, command: str, log: Path) -> subprocess.Popen[bytes]:
        """Start a command as the machine's first process; with its end, everything on the machine ends.

        :param command: for bash.
        :param log: gets its output.
        """
        # A root of its own, and not chroot: the engine remounts "/", which has to be a mount.
        mounts = "\n".join(
            [
                f"mount --bind {self.root} {self.root}",
                f"mount --rbind /dev {self.root}/dev",
                f"mount --rbind /sys {self.root}/sys",
                f"mount -t proc proc {self.root}/proc",
                f"mount -t tmpfs tmpfs {self.root}/run",
                f"mount -t tmpfs tmpfs {self.root}/tmp",
                f"cd {self.root}",
                "mkdir -p old",
                "pivot_root . old",
                "umount -l old",
            ]
        )
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        settings = {
            "HOME": "/root",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            **environment,
        }
        inside = " ".join(["env", "-i", *(f"{key}={shlex.quote(value)}" for key, value in settings.items())])
        script = f"set -e\n{mounts}\nexec chroot . {inside} bash -c {shlex.quote(command)}"
        # `ip netns exec` mounts a /sys of its own, which hides the control groups: only the network is entered.
        enter = [
            "nsenter",
            f"--net=/var/run/netns/{NETWORK}",
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--uts",
            "bash",
            "-c",
            script,
        ]
        with log.open("wb") as output:
            return subprocess.Popen(enter, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    def remove(self) -> None:
        run("ip", "link", "delete", HOST_END, check=False)
        run("ip", "netns", "delete", NETWORK, check=False)
        for rule in self._rules():
            run("iptables", *rule("-D"), check=False)
        shutil.rmtree(self.root, ignore_errors=True)
