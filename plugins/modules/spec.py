#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the spec action plugin, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: spec
short_description: Reads the inventory's description of a web application
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Validates C(webapp_name), C(webapp_namespace), C(webapp_components) and the names of C(webapp_secrets), before anything is touched.
  - Reports all faults at once, each with the path of its key, what is wrong, and what to do.
  - Returns the same description with every default filled in, which is valid input again.
  - Makes the values of the Helm chart, when O(values) is given.
  - It runs on the controller alone. What is wrong with the inventory is found in some 20 ms.
extends_documentation_fragment: [proven.webapp.read_only]
options:
  app:
    description: The application. Its keys are the inventory's variables without C(webapp_).
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the application and of its release.
        type: raw
      namespace:
        description: Namespace that it runs in.
        type: raw
      components:
        description: Its components by name. The reference of the inventory describes their keys.
        type: raw
      secrets:
        description: Names of the secrets that the inventory has; never their values.
        type: raw
      network:
        description: Whether components are isolated from each other, and who there is outside of the application.
        type: raw
      quota:
        description: What the namespace may use at most, by Kubernetes' names of resources.
        type: raw
      limits:
        description: Limits of a LimitRange, as Kubernetes writes them.
        type: raw
      namespace_labels:
        description: More labels of the namespace.
        type: raw
      extra_objects:
        description: Objects that come with the release, as kubectl would apply them.
        type: raw
  project_dir:
    description:
      - Folder that build contexts are relative to.
      - Without it no context or Dockerfile is looked for.
    type: path
  values:
    description: Ask for the values of the chart too.
    type: dict
    suboptions:
      images:
        description: Image reference by component, for those that were built.
        type: dict
        required: true
      secret_names:
        description: Name of the Secret by component, for those that have secrets.
        type: dict
        default: {}
      pull_secrets:
        description: Names of the Secrets that images are pulled with.
        type: list
        elements: str
        default: []
      chart:
        description: The chart's folder. A digest of its files is among the values, so that an edited chart is a changed release.
        type: path
        required: true
attributes:
  idempotent:
    description: The same inventory always gives the same result.
notes:
  - Without O(values), variables that begin with C(webapp_) and aren't known are reported as misspelt.
"""

EXAMPLES = r"""
- name: Read the inventory
  proven.webapp.spec:
    app:
      name: "{{ webapp_name | default(omit) }}"
      namespace: "{{ webapp_namespace | default(omit) }}"
      components: "{{ webapp_components | default(omit) }}"
      secrets: "{{ webapp_secrets.keys() | list }}"
    project_dir: "{{ inventory_dir }}/../.."
  register: preflight_inventory

- name: Make the values of the chart
  proven.webapp.spec:
    app: "{{ preflight_inventory.spec }}"
    values:
      images:
        backend: localhost:5000/todo/backend@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      secret_names:
        backend: todo-backend-5f2c9a1b
      chart: "{{ role_path }}/files/chart"
  register: __release_values
"""

RETURN = r"""
spec:
  description: The application, normalised; valid input for O(app).
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      type: str
    namespace:
      description: Its namespace.
      type: str
    secrets:
      description: Names of its secrets.
      type: list
      elements: str
    components:
      description: Its components by name, every key present; probes are complete v1.Probes.
      type: dict
builds:
  description: What is to be built, by component.
  returned: success
  type: dict
  sample:
    backend:
      context: /srv/project/docker/backend
      dockerfile: Dockerfile
      target: null
      args: {}
images:
  description: Images that the inventory names itself, by component.
  returned: success
  type: dict
replicas:
  description: How many pods there are at least, by component; those that end by themselves have none.
  returned: success
  type: dict
  sample: {backend: 2}
port_mappings:
  description: Ports of the node that components are reached at.
  returned: success
  type: list
  elements: dict
  sample: [{node_port: 30080}]
values:
  description: Values of the Helm chart.
  returned: when O(values) is given
  type: dict
"""
