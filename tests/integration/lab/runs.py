# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs of the module on pods whose probes have consequences; in some of them something happens in the middle of the window."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .cases import PORT
from .lab import Lab, until
from .module import Verified, verify

ILL = ("startup-fails", "held-back", "memory-death", "delayed", "published")
"""What is wrong with these is wrong all the time."""

AT_THE_SAME_TIME = 5


def failed(lab: Lab, pod: str) -> int:
    """How often the kubelet's probes of a pod have failed."""
    uid = lab.pod(pod)["metadata"]["uid"]
    return sum(counts.failed for asked, counts in lab.see().counters.items() if asked.uid == uid)


@dataclass(frozen=True)
class Runs:
    lab: Lab

    def all(self) -> dict[str, Verified]:
        """By name; those that get in each other's way run one after the other."""
        chains = (
            {"alike": self.alike, "flapping": self.flapping, "differing": self.differing},
            {"restarted": self.restarted},
            {"database": self.database},
            {"ill": lambda: verify(self.lab, f"lab/case in ({','.join(ILL)})", window="10", timeout=0, kubelet_metrics=True)},
            {
                "slow start": lambda: verify(self.lab, "lab/case=slow-start", kubelet_metrics=True),
                "too short": lambda: verify(self.lab, "lab/case=http-304", window="1", kubelet_metrics=True),
                "empty service": lambda: verify(self.lab, "lab/case=refused", window="4", timeout=0),
            },
            {"no commands": lambda: verify(self.lab, "lab/case=exec-good", exec_allowed=False, kubelet_metrics=True)},
            {
                "environment": lambda: verify(self.lab, "lab/case=exec-static-variable", window="4", timeout=0),
                "headers": lambda: verify(self.lab, "lab/case=needs-authorization", window="4", timeout=0),
            },
        )
        found: dict[str, Verified] = {}

        def run(chain: dict[str, Callable[[], Verified]]) -> None:
            for name, one in chain.items():
                found[name] = one()

        with ThreadPoolExecutor(AT_THE_SAME_TIME) as pool:
            list(pool.map(run, chains))
        return found

    # --- two pods of one ReplicaSet

    def siblings(self) -> list[str]:
        return sorted(name for name, pod in self.lab.pods().items() if pod["metadata"]["labels"]["lab/case"] == "siblings")

    def alike(self) -> Verified:
        return verify(self.lab, "lab/case=siblings", kubelet_metrics=True)

    def flapping(self) -> Verified:
        """One of them is good at the beginning and at the end, and bad in between."""
        name = self.siblings()[0]

        def flap() -> None:
            before = failed(self.lab, name)
            self.lab.become(name, PORT, "status 500")
            until(lambda: failed(self.lab, name) > before, 20, every=0.2)
            self.lab.become(name, PORT, "status 200")

        return self._during(flap, name, "siblings")

    def differing(self) -> Verified:
        self.lab.become(self.siblings()[1], PORT, "status 204")
        return verify(self.lab, "lab/case=siblings", kubelet_metrics=True)

    # --- others

    def restarted(self) -> Verified:
        name = "restarts-behind-ready"
        return self._during(lambda: self.lab.become(name, PORT, "status 500"), name, name)

    def database(self) -> Verified:
        try:
            return self._during(lambda: self.lab.become("database", PORT, "closed"), "tied-to-database", "tied-to-database")
        finally:
            self.lab.become("database", PORT, "status 200")

    def _during(self, act: Callable[[], object], pod: str, case: str) -> Verified:
        """Act as soon as the module has asked a pod a second time: its window has begun for sure."""
        self.lab.requests(pod, PORT)
        asked: list[object] = []

        def twice() -> bool:
            requests = self.lab.requests(pod, PORT)
            asked.extend(one for one in requests if any(name.lower() == "x-forwarded-for" for name, _ in one["headers"]))
            return len(asked) >= 2 or running.done()

        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(verify, self.lab, f"lab/case={case}", window="16", timeout=30, kubelet_metrics=True)
            until(twice, 90, every=0.3)
            act()
            return running.result()
