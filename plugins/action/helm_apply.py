# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs kubernetes.core.helm where there is something to do, shows what the cluster makes of it meanwhile, and ends migrations that no
waiting cures."""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview import again, stored
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm, said
from ansible_collections.proven.webapp.plugins.module_utils._preview.look import DRIVER, DRIVERS, Look, look
from ansible_collections.proven.webapp.plugins.module_utils._preview.masking import Masker
from ansible_collections.proven.webapp.plugins.module_utils._release import claim
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import judge
from ansible_collections.proven.webapp.plugins.module_utils._rollout.migration import migrations

display = Display()
LOOK_SECONDS = 1.0
QUIET_SECONDS = 5
"""Something is said at least this often."""
PLAIN = frozenset(
    {"name", "release_namespace", "chart_ref", "release_values", "timeout", "history_max", "kubeconfig", "context", "binary_path"}
)
"""Arguments that leave no doubt about what Helm would do."""
THREADS = 8


def _say(line: str) -> None:
    display.display(f"    {line}")


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
        given = args.pop("recreate", None) or []
        try:
            doomed = again.read(given)
            place, seen = self._look(args)
            if place and seen and seen.unchanged and seen.past.newest:
                return self._answer(stored.status(seen.past.newest, place))
            if self._task.check_mode:
                result = self._helm(args, task_vars)
                # The module goes by values and versions alone.
                return {**result, "changed": result.get("changed", False) or bool(seen and seen.repeat)}
            api = (place.api if place else Api(args.get("kubeconfig"), args.get("context"))) if doomed else None
            away = again.remove(api, doomed, _say) if api else []
        except ProvenError as error:
            return {"failed": True, "changed": False, "msg": str(error)}
        with Onlooker(args):
            result = self._again(args, place) if place and seen and seen.repeat else self._helm(args, task_vars)
        if api and result.get("failed"):
            result["msg"] = "\n".join([str(result.get("msg", "")), *again.mended(api, away, _say)])
        return result

    def _look(self, args: Mapping[str, Any]) -> tuple[claim.Place | None, Look | None]:
        """What there is to do; None where only Helm knows."""
        if set(args) - PLAIN or os.environ.get(DRIVER, "") not in DRIVERS:
            return None, None
        try:
            place = claim.Place(Api(args.get("kubeconfig"), args.get("context")), args["name"], args["release_namespace"])
            with ThreadPoolExecutor(THREADS) as pool:
                return place, look(place, args.get("release_values") or {}, args["chart_ref"], pool)
        except (ProvenError, KeyError):
            # Helm tells it better.
            return None, None

    def _helm(self, args: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        result = dict(self._execute_module("kubernetes.core.helm", module_args=args, task_vars=task_vars))
        # With it, -vvv would show the values once more.
        result.pop("invocation", None)
        # What the module tells its callers is for us, and its advice to install helm-diff too: what changes has been looked at here.
        result.pop("deprecations", None)
        result["warnings"] = [line for line in result.get("warnings") or () if "helm diff" not in str(line)]
        return {**result, "status": Masker().values(result["status"])} if "status" in result else result

    def _again(self, args: Mapping[str, Any], place: claim.Place) -> dict[str, Any]:
        """Release the same once more: kubernetes.core.helm would see no change to be made."""
        helm = Helm(args.get("binary_path") or "", args.get("kubeconfig"), args.get("context"))
        options = [f"--{name.replace('_', '-')}={args[name]}" for name in ("timeout", "history_max") if args.get(name) is not None]
        command = helm.upgrade_command(place.release, place.namespace, args["chart_ref"], options)
        try:
            done = helm.upgrade(command, args.get("release_values") or {})
            if done.returncode:
                return {"failed": True, "changed": True, "msg": said(done.stderr), "stdout": done.stdout, "stderr": done.stderr}
            newest = stored.read(place).newest
        except ProvenError as error:
            return {"failed": True, "changed": True, "msg": str(error)}
        status = stored.status(newest, place) if newest else {}
        return {**self._answer(status, shlex.join(["helm", *command])), "changed": True, "stdout": done.stdout, "stderr": done.stderr}

    def _answer(self, status: dict[str, Any], command: str = "") -> dict[str, Any]:
        """As kubernetes.core.helm answers."""
        if self._task.check_mode:
            status = {
                "values": {"current": status["values"], "declared": status},
                "release_values": {"current": status["values"], "declared": status},
            }
        return {"changed": False, "status": Masker().values(status), "stdout": "", "stderr": "", "command": command}
