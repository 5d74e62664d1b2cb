# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: release_verdict
short_description: Records in the cluster whether a revision was proven
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Writes the verdict on a revision of a Helm release into a ConfigMap beside it, C(proven-RELEASE).
    Rollbacks go to the newest revision that was proven.
  - Verdicts on revisions that Helm has no record of are dropped.
  - Where Helm has no revision at all, because C(kubectl), Argo CD or Flux applied what runs, there is nothing to record a verdict on.
extends_documentation_fragment: [proven.webapp.kubeconfig, proven.webapp.release, proven.webapp.patience]
attributes:
  check_mode:
    support: full
    description: Writes nothing, and says that it would.
  diff_mode:
    support: none
    description: The verdict is in the result.
  idempotent:
    support: full
    description: The same verdict for the same reasons is not written again.
options:
  revision:
    description: The revision that was looked at; V(0) is the newest one, if there is any.
    type: int
    default: 0
  verdict:
    description: What was found.
    type: str
    choices: [proven, not_proven, not_shown]
    required: true
  reasons:
    description: Why, one line each. Kept in the cluster; no secrets.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Record that revision 7 was proven
  proven.webapp.release_verdict:
    release: todo
    namespace: todo
    revision: 7
    verdict: proven
"""

RETURN = r"""
revision:
  description: The revision that the verdict is on; 0 where Helm has none.
  type: int
  returned: success
"""

from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._patience import PATIENCE_ARGUMENT, patiently
from ansible_collections.proven.webapp.plugins.module_utils._release import claim
from ansible_collections.proven.webapp.plugins.module_utils._release.claim import RELEASE_ARGUMENTS

ARGUMENTS: dict[str, Any] = {
    **RELEASE_ARGUMENTS,
    "revision": {"type": "int", "default": 0},
    "verdict": {"type": "str", "choices": ["proven", "not_proven", "not_shown"], "required": True},
    "reasons": {"type": "list", "elements": "str", "default": []},
    **PATIENCE_ARGUMENT,
}


def run(call: Call) -> dict[str, Any]:
    """Record the verdict, where another one is known or none."""
    given = call.params
    place = claim.place_of(given)
    revision, changed = patiently(
        lambda: claim.record(place, given["revision"], given["verdict"], tuple(given["reasons"]), write=not call.check),
        place.api,
        given["patience"],
        call.say,
    )
    return {"changed": changed, "revision": revision}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
