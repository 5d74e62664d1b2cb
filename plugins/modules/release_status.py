# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the release_status action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release_status
short_description: Shows what runs of a release, and what is known of it
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Prints and returns the components with their images, replicas, restarts and probes, the revisions with their verdicts,
    where it is reached, and who works on it now.
extends_documentation_fragment: [proven.webapp.read_only, proven.webapp.kubeconfig, proven.webapp.release, proven.webapp.exposure]
"""

EXAMPLES = r"""
- name: What runs?
  proven.webapp.release_status:
    release: todo
    namespace: todo
"""

RETURN = r"""
components:
  description:
    - Each with C(component), C(kind), C(image), C(ready), C(wanted), C(restarts) and C(probes).
    - One that C(waits) is another version of the component, to which no Service leads.
  returned: success
  type: list
  elements: dict
revisions:
  description: Oldest first, each with C(revision), C(status), C(verdict) and C(when) it was given.
  returned: success
  type: list
  elements: dict
verdict:
  description: The same of the newest one, in words.
  returned: success
  type: str
urls:
  description: Component to address.
  returned: success
  type: dict
holder:
  description: Who works on the release now, or empty.
  returned: success
  type: str
"""
