# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real gateway: Traefik, built from its Go module. A build takes some ten minutes, and is kept for the next run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "proven.webapp"
TRAEFIK, LEGO, API = "v3.6.12", "v4.33.0", "v1.4.1"
MODULE, ACME, GATEWAY_API = "github.com/traefik/traefik/v3", "github.com/go-acme/lego/v4", "sigs.k8s.io/gateway-api"
GO_MOD = f"""module proven.local/traefik

go 1.25.0

require {MODULE} {TRAEFIK}

replace (
	{ACME} => ./lego
	github.com/abbot/go-http-auth => github.com/containous/go-http-auth v0.4.1-0.20200324110947-a37a7636d23e
	github.com/gorilla/mux => github.com/containous/mux v0.0.0-20250523120546-41b6ec3aed59
	github.com/mailgun/minheap => github.com/containous/minheap v0.0.0-20190809180810-6e71eb837595
)
"""
"""Replacements as in Traefik's own go.mod, which count in the main module alone; and certificates by DNS are left out."""
NO_DNS = """package dns

import (
	"fmt"

	"github.com/go-acme/lego/v4/challenge"
)

// NewDNSChallengeProviderByName knows none: each would bring a cloud's library with it, and not every module proxy has them all.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("no DNS provider %s in this build", name)
}
"""


def _go() -> str:
    go = shutil.which("go") or next(map(str, CACHE.glob("tools/go/*/bin/go")), None)
    assert go, "There is no Go to build Traefik with. What to do: run the role toolchain, or install Go."
    return go


def _run(folder: Path, *words: str) -> str:
    env = {
        **os.environ,
        "GOMODCACHE": str(CACHE / "go" / "mod"),
        "GOCACHE": str(CACHE / "go" / "build"),
        "GOFLAGS": "-modcacherw -mod=mod -buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }
    done = subprocess.run([_go(), *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def _module(folder: Path, name: str) -> Path:
    """Where a module is unpacked."""
    return Path(json.loads(_run(folder, "mod", "download", "-json", name))["Dir"])


def build() -> Path:
    """A folder with the program `traefik` and nothing else."""
    target = CACHE / "traefik" / TRAEFIK
    if not (target / "traefik").exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            source, made = Path(scratch) / "source", Path(scratch) / "made"
            source.mkdir()
            (source / "go.mod").write_text(GO_MOD)
            shutil.copytree(_module(Path(scratch), f"{ACME}@{LEGO}"), source / "lego")
            (source / "lego/providers/dns/zz_gen_dns_providers.go").write_text(NO_DNS)
            _run(source, "build", "-trimpath", "-ldflags", "-s -w", "-o", f"{made}/", f"{MODULE}/cmd/traefik")
            made.rename(target)
    return target


def definitions() -> list[Path]:
    """The files with the Gateway API's CustomResourceDefinitions."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = _module(Path(scratch), f"{GATEWAY_API}@{API}") / "config/crd/standard"
    return sorted(folder.glob("gateway.networking.k8s.io_*.yaml"))
