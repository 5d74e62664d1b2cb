# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs Helm where there is something to do, shows what the cluster makes of it meanwhile, and ends migrations that no waiting cures."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview import again, scaling, stored
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm, said
from ansible_collections.proven.webapp.plugins.module_utils._preview.look import DRIVER, DRIVERS, Look, look
from ansible_collections.proven.webapp.plugins.module_utils._preview.masking import Masker
from ansible_collections.proven.webapp.plugins.module_utils._release import claim
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.onlooker import Onlooker

display = Display()
PLAIN = frozenset(
    {"name", "release_namespace", "chart_ref", "release_values", "timeout", "history_max", "kubeconfig", "context", "binary_path"}
)
"""Arguments that leave no doubt about what Helm would do."""
THREADS = 8


def _say(line: str) -> None:
    display.display(f"    {line}")


class Ending:
    """Helm's process, once there is one, and its end."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def begun(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self) -> None:
        if self._process:
            self._process.terminate()


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
            if place and seen:
                scaling.hand_over(place, args.get("release_values") or {})
            away = again.remove(api, doomed, _say) if api else []
        except ProvenError as error:
            return {"failed": True, "changed": False, "msg": str(error)}
        result = self._apply(args, place, seen, task_vars)
        if api and result.get("failed"):
            told = again.mended(api, away, _say)
            # The role shows what Helm said where it said something.
            for words in ["msg", *(["stderr"] if result.get("stderr") else [])]:
                result[words] = "\n".join([str(result.get(words, "")).rstrip(), *told])
        return result

    def _apply(
        self, args: dict[str, Any], place: claim.Place | None, seen: Look | None, task_vars: dict[str, Any] | None
    ) -> dict[str, Any]:
        """By Helm itself, where nothing is asked for that only kubernetes.core.helm knows: it starts a dozen helms for one."""
        ending, began = Ending(), time.monotonic()

        def cluster() -> Cluster:
            return Cluster(args.get("kubeconfig"), args.get("context"), args["release_namespace"], args["name"])

        def say(line: str) -> None:
            _say(f"{time.monotonic() - began:6.1f}s  {line}")

        # Where nobody could look, the migration comes before what is new: nothing else is held against it then.
        upgrade = seen is None or seen.past.upgrade
        with Onlooker(cluster, upgrade=upgrade, say=say, stop=ending) as onlooker:
            result = self._upgrade(args, place, ending) if place and seen else self._helm(args, task_vars)
        if onlooker.told and result.get("failed"):
            return {**result, "msg": onlooker.told, "doomed": True}
        return result

    def _look(self, args: Mapping[str, Any]) -> tuple[claim.Place | None, Look | None]:
        """What there is to do; None where only Helm knows."""
        # Without its digest among the values, nobody can tell a chart from what it was.
        if set(args) - PLAIN or os.environ.get(DRIVER, "") not in DRIVERS or stored.DIGEST not in (args.get("release_values") or {}):
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

    def _upgrade(self, args: Mapping[str, Any], place: claim.Place, ending: Ending) -> dict[str, Any]:
        helm = Helm(args.get("binary_path") or "", args.get("kubeconfig"), args.get("context"))
        options = [f"--{name.replace('_', '-')}={args[name]}" for name in ("timeout", "history_max") if args.get(name) is not None]
        command = helm.upgrade_command(place.release, place.namespace, args["chart_ref"], options)
        try:
            done = helm.upgrade(command, args.get("release_values") or {}, ending.begun)
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
