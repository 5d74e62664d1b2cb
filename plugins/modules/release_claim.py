# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the release_claim action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release_claim
short_description: Claims a release for this run, and repairs what an interrupted run left
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Takes the release's Lease, which says that somebody works on it. A process beside C(ansible-playbook) renews it,
    and gives it back as soon as C(ansible-playbook) has ended, however it ends. Before that it ends what a killed
    C(ansible-playbook) has left at work, such as a C(helm).
  - Fails where another run holds it and lives. A holder that doesn't renew it for 20 seconds is dead, and is taken over from;
    clocks of different machines are never compared. A run that finds its Lease in other hands, as after its machine has slept, is ended.
  - Has operations of Helm that were interrupted (C(pending-install), C(pending-upgrade), C(pending-rollback), C(uninstalling))
    count as failed, so that Helm goes on instead of refusing for ever. No object of the application is touched by that.
  - A migration that an interrupted run began and that is still at work is let finish first, up to its own deadline.
extends_documentation_fragment: [proven.webapp.kubeconfig, proven.webapp.release]
attributes:
  check_mode:
    support: full
    description: Takes no Lease, and only says what it would repair.
  diff_mode:
    support: none
    description: It has no text to compare.
  idempotent:
    support: full
    description: Changed only where it repaired something.
options:
  wait:
    description: Seconds to wait for another run that holds the Lease; V(0) fails at its first sign of life.
    type: int
    default: 0
  patience:
    description: Seconds to wait for an API server that doesn't answer, as while it restarts.
    type: int
    default: 0
requirements:
  - rights to get, create, update and delete Leases, to get, list and patch Secrets, and to list pods in the namespace
"""

EXAMPLES = r"""
- name: Claim the release
  proven.webapp.release_claim:
    release: todo
    namespace: todo
    wait: 120
  register: claimed
"""

RETURN = r"""
namespace_missing:
  description: Whether it failed because there is no such namespace, and so no release either.
  returned: failure
  type: bool
interrupted:
  description: Revisions that were left pending, with their status.
  returned: success
  type: list
  elements: dict
  sample: [{revision: 7, status: pending-upgrade}]
revisions:
  description: What Helm knows of the release, oldest first, with the verdict on each.
  returned: success
  type: list
  elements: dict
  sample: [{revision: 6, status: deployed, verdict: proven}]
proven:
  description: The newest revision that was proven; 0 where there is none.
  returned: success
  type: int
proven_before:
  description:
    - The newest revision before the last one that was proven; 0 where there is none.
    - A way back that failed, or that was interrupted before there was a verdict on it, doesn't count as the last one, so that who goes back
      again goes to the same place.
  returned: success
  type: int
"""
