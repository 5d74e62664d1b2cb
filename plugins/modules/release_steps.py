# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the release_steps action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release_steps
short_description: Works out in which steps a release is applied
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Takes the chart's values of a new release, looks at what runs, and returns the values to apply. A component that is released blue/green
    or by canary gets its new version beside the one that serves at first, and takes over in the steps of RV(then).
  - A component that is new, that is released by rolling update, or that doesn't serve with all of its pods, takes one step.
  - Where nothing has changed, RV(values) are the very ones that Helm holds already.
  - With O(back_to) it looks at the way back instead. Helm changes everything at once, so that a Service would lead to a colour that holds
    another version by now, or none. RV(values) bring up what shall serve again first, and are empty where it waits already.
extends_documentation_fragment: [proven.webapp.read_only, proven.webapp.kubeconfig, proven.webapp.release]
options:
  values:
    description: The values that P(proven.webapp.spec#module) made.
    type: dict
  components:
    description: The components of the application, as P(proven.webapp.spec#module) returns them; their C(rollout) is looked at.
    type: dict
  back_to:
    description: The revision to go back to.
    type: int
requirements:
  - rights to list Secrets and Deployments in the namespace
"""

EXAMPLES = r"""
- name: Work out the steps
  proven.webapp.release_steps:
    release: todo
    namespace: todo
    values: "{{ inputs['values'] }}"
    components: "{{ preflight_spec.components }}"
  register: steps
"""

RETURN = r"""
values:
  description: The values to apply first; with O(back_to) those to apply before Helm goes back, empty where nothing has to come first.
  returned: success
  type: dict
then:
  description: What follows, step by step; empty where RV(values) are all.
  returned: success
  type: list
  elements: dict
  contains:
    coming:
      description:
        - What is to be shown to hold before, for P(proven.webapp.probe_verify#module). One item for each C(slot), C(blue), C(green) or
          C(canary), with its C(components), the label C(selectors) of their pods, C(replicas), component to number, and the C(window).
      returned: success
      type: list
      elements: dict
      sample:
        - slot: green
          components: [backend]
          selectors:
            - app.kubernetes.io/instance=todo
            - app.kubernetes.io/component in (backend)
            - proven.webapp/track=green
          replicas:
            backend: 2
          window: auto
    values:
      description: The values to apply then.
      returned: success
      type: dict
"""
