# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All runs, and what happens in the middle of them. They are begun side by side; whoever asks for a result waits for it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._verify.read import pod_seen
from ansible_collections.proven.webapp.tests.integration.lab.cases import OTHER, PORT
from ansible_collections.proven.webapp.tests.integration.lab.lab import CONTROL, until
from ansible_collections.proven.webapp.tests.integration.lab.oracle import read_counters

from .gateway import Gateway
from .objects import EVERYTHING, NAMESPACE, WATCHED, shipped_rights, template
from .verifier import Verifier

Found = dict[str, Any]
Run = Callable[[], Found]

LIVED = 24.0
"""Seconds after which a pod needs no window."""
SEEN = 4.0
"""Seconds in which something is seen, before something happens."""
AWAY = 4.0
"""Seconds that an API server may be away without harm."""


@dataclass(frozen=True)
class Runs:
    """:ivar image: of the lab's server."""

    verifier: Verifier
    image: str

    def all(self) -> dict[str, Run]:
        """By name; the long ones first."""
        lacking = [EVERYTHING, *(right.lacking for right in shipped_rights())]
        return {
            "long cut": partial(self.behind_gateway, Gateway.cut),
            "swallowed": partial(self.behind_gateway, Gateway.swallow),
            "short cut": partial(self.behind_gateway, self.cut_and_mend),
            "deleted user": self.deleted_user,
            "rollout": self.rollout,
            "replaced": self.replaced,
            "gone": self.gone,
            **{user: partial(self.as_user, user) for user in lacking},
            "no pods": partial(self.verifier.verify, "nobody", timeout=0),
            "nothing there": self.nothing_there,
            "too short": partial(self.verifier.verify, "patient", window="3", kubelet_metrics=True),
            "failed liveness": self.failed_liveness,
            "failed once": self.failed_once,
            "fails now": self.fails_now,
            "watched": self.watched,
            "not watched": partial(self.verifier.verify, WATCHED[0]),
        }

    # --- users and the way to the API server

    def as_user(self, user: str) -> Found:
        config = self.verifier.kubeconfig(user=user)
        return self.verifier.verify("plain", "every-way", kubeconfig=config, kubelet_metrics=True)

    def deleted_user(self) -> Found:
        """A token that isn't valid any more as soon as its ServiceAccount has gone; the API server remembers it for 10 s."""
        self._kubectl("create", "serviceaccount", "leaver")
        self._kubectl("create", "rolebinding", "leaver", f"--role={EVERYTHING}", f"--serviceaccount={NAMESPACE}:leaver")
        config = self.verifier.kubeconfig(user="leaver")

        def leave() -> None:
            time.sleep(SEEN)
            self._kubectl("delete", "serviceaccount", "leaver")

        return self.verifier.verify("plain", kubeconfig=config, window="60", during=leave)

    def behind_gateway(self, act: Callable[[Gateway], object]) -> Found:
        with Gateway(self.verifier.server) as gateway:
            config = self.verifier.kubeconfig(port=gateway.port)

            def later() -> None:
                time.sleep(SEEN)
                act(gateway)

            return self.verifier.verify("steady", kubeconfig=config, during=later)

    @staticmethod
    def cut_and_mend(gateway: Gateway) -> None:
        gateway.cut()
        time.sleep(AWAY)
        gateway.mend()

    def nothing_there(self) -> Found:
        with Gateway(self.verifier.server) as gateway:
            gateway.cut()
            return self.verifier.verify("plain", kubeconfig=self.verifier.kubeconfig(port=gateway.port))

    # --- what changes in the cluster

    def rollout(self) -> Found:
        """The new pod never gets ready, and the old one goes on serving."""
        self._kubectl("wait", "--for=condition=Available", "deployment/rolling", "--timeout=90s")
        patch = {"spec": {"template": template("rolling", self.image, "status 503")}}
        self._kubectl("patch", "deployment", "rolling", "-p", json.dumps(patch))
        until(lambda: len(self._pods("rolling")) == 2, 60)
        return self.verifier.verify("rolling", timeout=5)

    def replaced(self) -> Found:
        self._kubectl("wait", "--for=condition=Available", "deployment/replaced", "--timeout=90s")
        return self.verifier.verify("replaced", window="8", during=lambda: self._delete(self._pods("replaced")[0]))

    def gone(self) -> Found:
        return self.verifier.verify("gone", window="6", during=lambda: self._delete("gone"))

    # --- what the kubelet has watched before

    def watched(self) -> Found:
        for name in WATCHED:
            self._let_live(name)
        found: Found = {}
        # Where the machine is too busy for two replays in time, the window goes on: that is right, and not what is to be seen here.
        for name in (name for name in WATCHED if not self._failures(name)):
            found = self.verifier.verify(name, kubelet_metrics=True)
            if found["window"]["seconds"] < LIVED / 2:
                break
        return found

    def failed_once(self) -> Found:
        """A failure that nothing followed from, before the window."""
        self._become("failed-once", "status 503")
        until(lambda: {"liveness", "readiness"} <= self._failures("failed-once"), 30, every=0.2)
        self._become("failed-once", "status 200")
        self._let_live("failed-once")
        return self.verifier.verify("failed-once", kubelet_metrics=True)

    def failed_liveness(self) -> Found:
        """A failure of liveness alone, that events tell of, and then long enough a time without any."""
        self._become("failed-liveness", "status 503", OTHER)
        until(lambda: "liveness" in self._failures("failed-liveness"), 30, every=0.2)
        self._become("failed-liveness", "status 200", OTHER)
        time.sleep(LIVED)
        return self.verifier.verify("failed-liveness", kubelet_metrics=True)

    def fails_now(self) -> Found:
        """Well for long, and ill as soon as the window has begun."""
        self._let_live("fails-now")
        return self.verifier.verify("fails-now", kubelet_metrics=True, during=lambda: self._become("fails-now", "status 503"))

    def _let_live(self, name: str) -> None:
        """Until it has been Ready for longer than its probes need."""

        def ready_for_long() -> bool:
            seen = pod_seen(self.verifier.cluster.get("pod", name, "-n", NAMESPACE))
            return seen.ready_since is not None and time.time() - seen.ready_since > LIVED

        until(ready_for_long, 120, every=1)

    def _failures(self, name: str) -> set[str]:
        """The kinds of a pod's probes that the kubelet has counted a failure of."""
        pod = self.verifier.cluster.get("pod", name, "-n", NAMESPACE)
        text = self.verifier.api.text(f"/api/v1/nodes/{pod['spec']['nodeName']}/proxy/metrics/probes")
        counted = read_counters(text)
        return {asked.kind for asked, counts in counted.items() if asked.uid == pod["metadata"]["uid"] and counts.failed}

    def _become(self, pod: str, behaviour: str, port: int = PORT) -> None:
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:{CONTROL}/proxy/{port}"
        until(lambda: self.verifier.api.request("PUT", path, behaviour)[0] == 200, 60, lambda: path)

    def _pods(self, case: str) -> list[str]:
        return [item["metadata"]["name"] for item in self.verifier.cluster.get("pods", "-n", NAMESPACE, "-l", f"lab/case={case}")]

    def _delete(self, pod: str) -> None:
        self._kubectl("delete", "pod", pod, "--wait=false")

    def _kubectl(self, *arguments: str) -> str:
        return self.verifier.cluster.kubectl(*arguments, "-n", NAMESPACE)
