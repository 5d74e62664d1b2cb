# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A minimal Debian as a tar archive, made from packages alone."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._host_network import apt_sources, debian_mirrors
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.catalog import RootFilesystem
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.jobs import Runner

EXCLUDED = ("doc", "man", "locale", "info", "lintian", "linda")
PUBLIC_SOURCES = """Types: deb
URIs: http://deb.debian.org/debian
Suites: {suite} {suite}-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: {suite}-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


_installing = threading.Lock()


def have_mmdebstrap(run: Runner) -> None:
    """Install mmdebstrap from the distribution where it is absent.

    :raises ProvenError: where that is not possible.
    """
    with _installing:
        if shutil.which("mmdebstrap"):
            return
        if not shutil.which("apt-get") or os.geteuid() != 0:
            raise ProvenError(
                "Base images are made from Debian packages here, and that takes mmdebstrap, which is not installed.",
                fix="Run as root on Debian or Ubuntu, or install mmdebstrap (apt-get install mmdebstrap debian-archive-keyring).",
            )
        apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        run([*apt, "update"], env=environment)
        run([*apt, "install", "-y", "--no-install-recommends", "mmdebstrap", "debian-archive-keyring"], env=environment)


def make(rootfs: RootFilesystem, target: Path, run: Runner) -> None:
    """Write the archive. A mirror that this machine uses is used, and not written into the result."""
    have_mmdebstrap(run)
    sources = apt_sources(debian_mirrors(), rootfs.suite).splitlines()
    public = target.parent / "debian.sources"
    public.write_text(PUBLIC_SOURCES.format(suite=rootfs.suite))
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in EXCLUDED]
    run(
        [
            "mmdebstrap",
            "--variant=minbase",
            *excluded,
            "--dpkgopt=path-include=/usr/share/doc/*/copyright",
            "--customize-hook=rm -f $1/etc/apt/sources.list $1/etc/apt/sources.list.d/*",
            f"--customize-hook=upload {public} /etc/apt/sources.list.d/debian.sources",
            "--customize-hook=rm -rf $1/var/cache/* $1/var/log/*.log $1/var/log/apt",
            rootfs.suite,
            str(target),
            *sources,
        ],
        fix="Is a Debian mirror within reach (apt-get update)?",
    )
