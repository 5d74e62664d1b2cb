# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs kubernetes.core.helm, shows what the cluster makes of it meanwhile, and ends migrations that no waiting cures."""

from __future__ import annotations

import threading
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import judge
from ansible_collections.proven.webapp.plugins.module_utils._rollout.migration import migrations

display = Display()
LOOK_SECONDS = 1.0
QUIET_SECONDS = 5
"""Something is said at least this often."""


class Onlooker:
    """Looks at the release while Helm is at work. Never gets in Helm's way: a cluster that doesn't answer is Helm's to tell."""

    def __init__(self, args: dict[str, Any]) -> None:
        self._args = args
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._last = ("", 0)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _follow(self) -> None:
        seconds, cluster = 0, None
        # The first second belongs to a Helm that has nothing to do.
        while not self._over.wait(LOOK_SECONDS):
            seconds += 1
            try:
                # Only a Helm that takes its time is worth a connection; one serves all looks.
                cluster = cluster or self._cluster()
                self._look(cluster, seconds)
            except ProvenError:
                continue

    def _cluster(self) -> Cluster:
        return Cluster(self._args.get("kubeconfig"), self._args.get("context"), self._args["release_namespace"], self._args["name"])

    def _look(self, cluster: Cluster, seconds: int) -> None:
        snapshot = cluster.snapshot()
        found = list(migrations(cluster.jobs(), snapshot))
        for migration in found:
            if migration.doomed:
                cluster.end_job(migration.job)
        parts = [f"{name} {ready}/{desired}" for name, (ready, desired) in sorted(judge(snapshot).ready.items())]
        parts += [f"migration of {item.component}: {item.doomed or item.state}" for item in found]
        line, (last, when) = ", ".join(parts), self._last
        if line and (line != last or seconds - when >= QUIET_SECONDS):
            display.display(f"    {seconds:5d}s  {line}")
            self._last = (line, seconds)


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        args = dict(self._task.args)
        if self._task.check_mode:
            return dict(self._execute_module("kubernetes.core.helm", module_args=args, task_vars=task_vars))
        with Onlooker(args):
            return dict(self._execute_module("kubernetes.core.helm", module_args=args, task_vars=task_vars))
