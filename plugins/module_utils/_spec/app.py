# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the whole application, and what its components say about each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._spec import options, rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.component import check_name, read_component, unknown
from ansible_collections.proven.webapp.plugins.module_utils._spec.faults import Fault, SpecError, closest, suggestion
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import App, Component
from ansible_collections.proven.webapp.plugins.module_utils._spec.network import check_network
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node
from ansible_collections.proven.webapp.plugins.module_utils._spec.objects import check_objects

PREFIX = "webapp_"


def read_app(given: Mapping[str, object], *, project_dir: Path | None = None, variables: Iterable[str] = ()) -> App:
    """The application that an inventory describes.

    :param given: ``name``, ``namespace``, ``components``, ``secrets`` (names only) and the keys of options.APP, as the inventory's
        webapp_* have them.
    :param project_dir: folder that build contexts are relative to; None leaves the file system alone.
    :param variables: names of all variables that begin with ``webapp_``, to find misspelt ones.
    :raises SpecError: all faults at once.
    """
    faults: list[Fault] = []
    misspelt = _check_variables(variables, faults)
    name_node, namespace_node, components_node, secrets_node = (
        Node(given.get(variable.removeprefix(PREFIX)), variable, faults) for variable in rules.VARIABLES
    )
    name = "" if "webapp_name" in misspelt else name_node.text(rules.LABEL)
    if len(name) > rules.RELEASE_NAME_LONGEST:
        name_node.fault(f'"{name}" has {len(name)} characters', f"{rules.RELEASE_NAME_LONGEST} at most")
    namespace = "" if "webapp_namespace" in misspelt else namespace_node.text(rules.LABEL)
    if namespace in rules.NAMESPACES:
        namespace_node.fault(
            f'the namespace "{namespace}" can\'t be used: {rules.NAMESPACES[namespace]}', "choose another, such as the application's name"
        )
    secrets = secrets_node.texts(rules.ENV_NAME, "the names of webapp_secrets")
    secrets_known = "webapp_secrets" not in misspelt and not any(fault.path.startswith("webapp_secrets") for fault in faults)
    nodes = components_node.mapping("{backend: {...}}")
    if not nodes and "webapp_components" not in misspelt and (not components_node.given or isinstance(components_node.value, Mapping)):
        components_node.fault("there are none", "describe at least one component")
    components = {}
    for key, node in nodes.items():
        check_name(node, name if len(name) <= rules.RELEASE_NAME_LONGEST else "")
        if node.given:
            components[key] = read_component(key, node, project_dir)
        else:
            node.fault("is empty", "give it a build: {context: folder} or an image: reference")
    borrowers = {key for key, component in components.items() if component.image_of}
    for key, component in components.items():
        _check_references(component, nodes[key], tuple(nodes), secrets if secrets_known else None, borrowers)
    _check_node_ports(components, nodes)
    more = {key: Node(given.get(key), PREFIX + key, faults) for key in options.APP}
    said = {key: shape.read(more[key]) for key, shape in options.APP.items() if more[key].given}
    check_network(components, nodes, said.get("network", {}), more["network"])
    check_objects(said.get("extra_objects", []), more["extra_objects"])
    if faults:
        raise SpecError(faults)
    return App(name=name, namespace=namespace, components=components, secrets=secrets, options=said)


def _check_variables(variables: Iterable[str], faults: list[Fault]) -> set[str]:
    """Find misspelt variables.

    :returns: the variables that the misspelt ones were meant to be, of which nothing more need be said.
    """
    given = set(variables)
    meant = set()
    known = (*rules.VARIABLES, *(PREFIX + key for key in options.APP))
    for name in sorted(given - {*known, *rules.VARIABLES_OF_OTHERS}):
        faults.append(Fault(name, "unknown variable", suggestion(name, known)))
        match = closest(name, known)
        if match and match not in given:
            meant.add(match)
    return meant


def _check_references(
    component: Component, node: Node, names: tuple[str, ...], secrets: tuple[str, ...] | None, borrowers: set[str]
) -> None:
    """What a component names outside of itself is there.

    :param borrowers: components that have the image of another.
    :param secrets: names of webapp_secrets; None where they aren't known.
    """
    wanted = node.child("secrets")
    for index, secret in enumerate(component.secrets):
        if secret and secrets is not None and secret not in secrets:
            unknown(wanted.child(index), secret, secrets, "key", "webapp_secrets")
    if component.image_of:
        item = node.child("image_of")
        if component.image_of == component.name or component.image_of not in names:
            unknown(
                item, component.image_of, tuple(name for name in names if name != component.name), "other component", "webapp_components"
            )
        elif component.image_of in borrowers:
            item.fault(f"{component.image_of} has no image of its own either", "name the one that has")
    for dependency in component.depends_on:
        item = node.child("depends_on").child(dependency)
        if dependency == component.name:
            item.fault("a component can't depend on itself", "leave it out")
        elif dependency not in names:
            unknown(item, dependency, tuple(name for name in names if name != component.name), "component", "webapp_components")


def _check_node_ports(components: Mapping[str, Component], nodes: Mapping[str, Node]) -> None:
    """No port of the nodes is asked for twice."""
    owners: dict[int, str] = {}
    for name, component in components.items():
        port = component.expose.node_port
        if port is None:
            continue
        if port in owners:
            nodes[name].child("expose").child("node_port").fault(f"{port} is the node port of {owners[port]} too", "choose another")
        owners.setdefault(port, name)
