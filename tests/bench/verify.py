#!/usr/bin/env python3
"""How fast probes are replayed, against a stand-in of the API server (verify_server.py) that answers each after 5 ms.

    .venv/bin/python tests/bench/verify.py [--pods 10 30 100 300 1000 3000] [--rounds 3]

For each number of pods, with three HTTP probes each, once around: the replay, and the same requests by urllib3 alone, with as many threads
over as many connections. They take turns, each in a process of its own, whose greatest memory is told; the best of the rounds counts.
Then one call of the module on an application of five pods, beyond its window.

The stand-in shares this machine's processors with what is measured. Fails where a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SERVER = Path(__file__).with_name("verify_server.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / ".venv/collections"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections")}
NAMESPACE = "bench"

SECONDS, MEGABYTES, AGAINST_BARE, GROWTH, BEYOND_WINDOW = 5.0, 200.0, 1.5, 1.5, 1.5
JUDGED_AT = 1000


@contextmanager
def server(pods: int) -> Iterator[Path]:
    """The stand-in's kubeconfig."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(SERVER), folder, "--pods", str(pods)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            try:
                yield Path(folder) / "kubeconfig"
            finally:
                process.terminate()


def replay(kubeconfig: str) -> float:
    """Seconds to ask every probe of every pod once."""
    from ansible_collections.proven.webapp.plugins.module_utils._api import Api
    from ansible_collections.proven.webapp.plugins.module_utils._verify.plan import probes_to_ask
    from ansible_collections.proven.webapp.plugins.module_utils._verify.replay import Replayer
    from ansible_collections.proven.webapp.plugins.module_utils._verify.watch import THREADS

    api = Api(kubeconfig, None, pool=THREADS + 4)
    asked = probes_to_ask(api.items(f"/api/v1/namespaces/{NAMESPACE}/pods"))
    replayer = Replayer(api)
    start = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda item: replayer.ask(item.pod, item.container, item.probe), asked))
    seconds = time.monotonic() - start
    bad = [answer for answer in answers if answer.result != "success"]
    assert not bad, bad[0]
    return seconds


def bare(kubeconfig: str) -> float:
    """Seconds of the same requests by urllib3 alone."""
    import urllib3
    import yaml
    from ansible_collections.proven.webapp.plugins.module_utils._verify.watch import THREADS

    cluster = yaml.safe_load(Path(kubeconfig).read_text())["clusters"][0]["cluster"]
    client = urllib3.PoolManager(maxsize=THREADS + 4, ca_certs=cluster["certificate-authority"])
    headers = {"authorization": "Bearer stand-in", "User-Agent": "kube-probe/1.34", "Accept": "*/*"}
    base = f"{cluster['server']}/api/v1/namespaces/{NAMESPACE}/pods"
    pods = json.loads(client.request("GET", base, headers=headers).data)["items"]
    urls = [f"{base}/{pod['metadata']['name']}:8080/proxy/healthz" for pod in pods for _probe in range(3)]
    start = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda url: client.request("GET", url, headers=headers, retries=False).status, urls))
    seconds = time.monotonic() - start
    assert set(answers) == {200}
    return seconds


def in_a_process(what: str, kubeconfig: Path) -> tuple[float, float]:
    """(seconds, megabytes at most)."""
    command = [sys.executable, __file__, "--measure", what, "--kubeconfig", str(kubeconfig)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    seconds, megabytes = json.loads(done.stdout)
    return seconds, megabytes


def module_call(window: int) -> float:
    """Seconds that a call of the module takes beyond its window; Ansible's own start, without any module, is taken off."""
    ansible = [str(Path(sys.executable).with_name("ansible")), "localhost", "-c", "local", "-m"]
    with server(5) as kubeconfig:
        given = f"kubeconfig={kubeconfig} namespace={NAMESPACE} label_selectors=app=web window={window} interval=1"
        start = time.monotonic()
        subprocess.run([*ansible, "ansible.builtin.meta", "-a", "noop"], env=ENVIRONMENT, capture_output=True)
        empty = time.monotonic() - start
        start = time.monotonic()
        done = subprocess.run([*ansible, "proven.webapp.probe_verify", "-a", given], env=ENVIRONMENT, capture_output=True, text=True)
        seconds = time.monotonic() - start
    assert '"verdict": "not_shown"' in done.stdout, done.stdout + done.stderr
    return seconds - empty - window


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pods", type=int, nargs="+", default=[10, 30, 100, 300, 1000, 3000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", choices=["replay", "bare"], help=argparse.SUPPRESS)
    parser.add_argument("--kubeconfig", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        seconds = {"replay": replay, "bare": bare}[given.measure](given.kubeconfig)
        print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
        return
    sys.exit(report(given.pods, given.rounds))


def report(numbers: list[int], rounds: int) -> int:
    missed = []
    each: dict[int, float] = {}
    print(f"{'pods':>6} {'replay s':>9} {'ms/probe':>9} {'MB':>6} {'urllib3 s':>10} {'times':>6}")
    for number in numbers:
        with server(number) as kubeconfig:
            best: dict[str, Any] = {}
            for _round in range(rounds):
                for what in ("replay", "bare"):
                    best[what] = min(best.get(what, (float("inf"), 0.0)), in_a_process(what, kubeconfig))
        (seconds, megabytes), (plain, _memory) = best["replay"], best["bare"]
        each[number] = seconds / number / 3
        print(
            f"{number:>6} {seconds:>9.2f} {each[number] * 1000:>9.3f} {megabytes:>6.0f} {plain:>10.2f} {seconds / plain:>6.2f}", flush=True
        )
        if number == JUDGED_AT:
            limits = [("seconds", seconds, SECONDS), ("MB", megabytes, MEGABYTES), ("times urllib3", seconds / plain, AGAINST_BARE)]
            missed += [f"{value:.2f} {name}, at most {limit:g}" for name, value, limit in limits if value > limit]
    # Opening the connections costs the same for few and for many; more than linear is what takes longer for each probe.
    growth = max((each[more] / each[fewer] for fewer in each for more in each if more > fewer), default=1.0)
    if growth > GROWTH:
        missed.append(f"time a probe grows {growth:.2f} times with the number of pods, at most {GROWTH:g}")
    beyond = min(module_call(3) for _round in range(rounds))
    print(f"module on 5 pods: {beyond:.2f} s beyond its window")
    if beyond > BEYOND_WINDOW:
        missed.append(f"{beyond:.2f} s beyond the window, at most {BEYOND_WINDOW:g}")
    print("\n".join(f"MISSED: {line}" for line in missed) or "all limits kept")
    return int(bool(missed))


if __name__ == "__main__":
    main()
