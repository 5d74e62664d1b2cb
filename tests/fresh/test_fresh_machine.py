"""From an empty machine to the working application, and back."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .machine import Machine

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 90 * 60

# Everything in one go: with the first process ends the machine, and the engine on it.
SCRIPT = r"""
set -eu
cd /root/webapp
say() { echo "=== $1 $(date +%s)"; }
python3 tools/bootstrap.py
say empty
.venv/bin/ansible-playbook site.yml -i inventories/dev --check --diff
echo "TRACES $(ls -d /usr/bin/docker /etc/docker ~/.cache/proven.webapp ~/.local/state inventories/dev/.vault-password 2>/dev/null | wc -l)"
say begin
make up
say first
make up
say second
for path in / /api/health/ready; do
    python3 -c "import urllib.request; print('PAGE', '$path', urllib.request.urlopen('http://127.0.0.1:30080$path').status)"
done
ls -l inventories/dev/.vault-password inventories/dev/group_vars/all/vault.yml
say check
.venv/bin/ansible-playbook site.yml -i inventories/dev --check --diff
say test
make test
say destroy
# As a machine that was switched off since: the containers are there, the engine isn't.
kill "$(cat /run/docker.pid)"
while [ -e /run/docker.pid ]; do sleep 0.2; done
make destroy
echo "CONTAINERS $(ls /var/lib/docker/containers | wc -l)"
grep -qx dockerd /proc/[0-9]*/comm 2>/dev/null && echo "ENGINE STILL RUNS" || echo "ENGINE ENDED"
ls /root/.local/state/proven.webapp 2>/dev/null && echo "STATE IS LEFT" || echo "STATE REMOVED"
say end
"""


@pytest.fixture(scope="module")
def output() -> Iterator[str]:
    machine = Machine(ROOT / "build" / "fresh")
    machine.make()
    checkout = machine.root / "root" / "webapp"
    checkout.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(checkout)], input=archive, check=True)
    log = ROOT / "build" / "fresh.log"
    process = machine.start(SCRIPT, log)
    try:
        code = process.wait(timeout=LIMIT_SECONDS)
        text = log.read_text(errors="replace")
        assert code == 0, text[-6000:]
        yield text
    finally:
        process.kill()
        process.wait()
        machine.remove()


def seconds(text: str, begin: str, end: str) -> int:
    times = {name: int(value) for name, value in re.findall(r"^=== (\w+) (\d+)$", text, re.MULTILINE)}
    return times[end] - times[begin]


def part(text: str, begin: str, end: str) -> str:
    return text.split(f"=== {begin} ", 1)[1].split(f"=== {end} ", 1)[0]


@pytest.mark.slow
class TestFreshMachine:
    def test_a_dry_run_on_the_empty_machine_says_what_would_be_done_and_leaves_nothing(self, output: str) -> None:
        empty = part(output, "empty", "begin")
        assert "dry run, nothing was changed" in empty
        assert "failed=0" in empty
        assert "TRACES 0" in empty

    def test_the_first_run_prints_the_url(self, output: str) -> None:
        first = part(output, "begin", "first")
        print(f"first run: {seconds(output, 'begin', 'first')} s")
        assert "todo: up and verified" in first
        assert "http://127.0.0.1:30080/" in first
        assert re.search(r"revision 1\b", first)

    def test_the_second_run_changes_nothing(self, output: str) -> None:
        print(f"second run: {seconds(output, 'first', 'second')} s")
        assert re.search(r"localhost\s+: ok=\d+\s+changed=0 ", part(output, "first", "second"))

    def test_the_page_is_served(self, output: str) -> None:
        for path in ("/", "/api/health/ready"):
            assert f"PAGE {path} 200" in output

    def test_secrets_are_readable_by_the_owner_only(self, output: str) -> None:
        assert len(re.findall(r"^-rw------- .*(?:vault-password|vault\.yml)$", output, re.MULTILINE)) == 2

    def test_a_dry_run_changes_nothing(self, output: str) -> None:
        assert re.search(r"localhost\s+: ok=\d+\s+changed=0 ", part(output, "check", "test"))

    def test_every_test_passes_there(self, output: str) -> None:
        print(f"first run and all tests: {seconds(output, 'begin', 'first') + seconds(output, 'test', 'destroy')} s")
        assert re.search(r"^[1-9]\d* passed, 0 failed, \d+ skipped$", part(output, "test", "destroy"), re.MULTILINE)

    def test_destroy_leaves_nothing_that_was_made(self, output: str) -> None:
        after = part(output, "destroy", "end")
        for expected in ("CONTAINERS 0", "ENGINE ENDED", "STATE REMOVED"):
            assert expected in after
