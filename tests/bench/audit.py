# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long it takes to audit many manifests, in one process.

    PYTHONPATH=.venv/collections python tests/bench/audit.py [--manifests 10000] [--limit 5]

Writes manifests into files, Deployments with three probes each and Services in between, one in ten of them badly designed; then reads
and audits them. Ends with 1 when that takes longer than the limit by the clock and by the CPU: a busy machine alone doesn't fail it.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import read_files
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import audit

PER_FILE = 100
BAD_EACH = 10
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{number}
  namespace: bench
  labels: {{app.kubernetes.io/name: app, app.kubernetes.io/instance: "{number}"}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app.kubernetes.io/name: app, app.kubernetes.io/instance: "{number}"}}
  template:
    metadata:
      labels: {{app.kubernetes.io/name: app, app.kubernetes.io/instance: "{number}"}}
    spec:
      terminationGracePeriodSeconds: 40
      containers:
        - name: web
          image: registry.example/app@sha256:4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c4f2c
          ports:
            - {{name: http, containerPort: 8080}}
          env:
            - {{name: LOG_LEVEL, value: info}}
          startupProbe:
            httpGet: {{path: /livez, port: http}}
            periodSeconds: 2
            failureThreshold: {tries}
          livenessProbe:
            httpGet: {{path: {path}, port: http}}
            periodSeconds: 10
            timeoutSeconds: {timeout}
            failureThreshold: 3
          readinessProbe:
            httpGet: {{path: /readyz, port: http}}
            periodSeconds: 5
            timeoutSeconds: 3
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits: {{memory: 256Mi}}
"""
SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: app-{number}
  namespace: bench
spec:
  selector: {{app.kubernetes.io/name: app, app.kubernetes.io/instance: "{number}"}}
  ports:
    - {{name: http, port: 80, targetPort: http}}
"""


def manifest(index: int) -> str:
    """Two Deployments, then a Service of the first one."""
    if index % 3 == 2:
        return SERVICE.format(number=index - 2)
    bad = index % BAD_EACH == 0
    return DEPLOYMENT.format(number=index, tries=5 if bad else 30, path="/readyz" if bad else "/livez", timeout=1 if bad else 3)


def write(folder: Path, count: int) -> int:
    """Bytes written."""
    total = 0
    for first in range(0, count, PER_FILE):
        text = "---\n".join(manifest(index) for index in range(first, min(first + PER_FILE, count)))
        total += (folder / f"{first:06}.yaml").write_text(text)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifests", type=int, default=10_000)
    parser.add_argument("--limit", type=float, default=5.0, metavar="SECONDS")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = write(Path(folder), chosen.manifests)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start, start_cpu = time.perf_counter(), time.process_time()
        documents = read_files([folder])
        read = time.perf_counter(), time.process_time()
        report = audit(documents)
        end = time.perf_counter(), time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu = end[1] - start_cpu
    result = {
        "manifests": len(documents),
        "megabytes": round(size / 1e6, 1),
        "findings": len(report.findings),
        "seconds": round(end[0] - start, 2),
        "cpu_seconds": round(cpu, 2),
        "cpu_seconds_reading": round(read[1] - start_cpu, 2),
        "cpu_seconds_judging": round(end[1] - read[1], 2),
        "peak_megabytes": round(peak / 1024),
        "megabytes_before": round(before / 1024),
    }
    print(json.dumps(result, indent=2))
    sys.exit(len(documents) != chosen.manifests or not report.findings or min(cpu, end[0] - start) > chosen.limit)


if __name__ == "__main__":
    main()
