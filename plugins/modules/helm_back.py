# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_back
short_description: Goes back to an earlier revision by Helm, also over fields that can't be changed
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Runs C(helm rollback), which doesn't wait for pods; M(proven.webapp.rollout) does.
  - An object with a field that can't be changed, and that is another one by now, is deleted first, and made again by Helm. So whatever went
    forward by O(proven.webapp.helm_apply#module:recreate) can go back too. Pods stay where the new object can adopt them, volumes always.
  - Where Helm fails, what was deleted for it is brought back as it was.
extends_documentation_fragment: [proven.webapp.kubeconfig, proven.webapp.release, proven.webapp.progress]
attributes:
  check_mode:
    support: full
    description: Runs nothing, and says that it would.
  diff_mode:
    support: none
    description: The revision is in the result.
  idempotent:
    support: none
    description: Each run makes a revision.
options:
  binary_path:
    description: Path of helm. Without it, it is found on the PATH.
    type: path
  revision:
    description: The revision to go back to.
    type: int
    required: true
  timeout:
    description: Seconds for its hooks.
    type: int
    default: 300
  history_max:
    description: How many revisions Helm keeps.
    type: int
    default: 10
requirements:
  - helm
"""

EXAMPLES = r"""
- name: Go back to revision 7
  proven.webapp.helm_back:
    release: todo
    namespace: todo
    revision: 7
"""

RETURN = r"""
revision:
  description: The revision that it went back to.
  type: int
  returned: success
"""

from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._preview.back import go_back
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT
from ansible_collections.proven.webapp.plugins.module_utils._release import claim

ARGUMENTS: dict[str, Any] = {
    **claim.RELEASE_ARGUMENTS,
    "binary_path": {"type": "path"},
    "revision": {"type": "int", "required": True},
    "timeout": {"type": "int", "default": 300},
    "history_max": {"type": "int", "default": 10},
    **PROGRESS_ARGUMENT,
}


def run(call: Call) -> dict[str, Any]:
    """Go back, where that is no mere look."""
    given = call.params
    if not call.check:
        place = claim.place_of(given)
        helm = Helm(given["binary_path"] or "", given["kubeconfig"], given["context"])
        options = [f"--timeout={given['timeout']}s", f"--history-max={given['history_max']}"]
        go_back(place, helm, given["revision"], options, call.say)
    return {"changed": True, "revision": given["revision"]}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
