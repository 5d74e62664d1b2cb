# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects of the user's own that come with the release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node


def check_objects(objects: Sequence[dict[str, Any]], node: Node) -> None:
    """Each names its kind and itself, none twice, and none is a Secret."""
    known: dict[tuple[str, str], int] = {}
    for index, item in enumerate(objects):
        here = node.child(index)
        metadata = item.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        missing = [key for key in ("apiVersion", "kind") if not isinstance(item.get(key), str)] + ([] if name else ["metadata.name"])
        if missing:
            here.fault(f"has no {' and no '.join(missing)}", "write a whole object, as kubectl would apply it")
        elif item["kind"] == "Secret":
            here.fault("is a Secret, which would be kept in clear text with the release", "use webapp_secrets")
        elif item["kind"] == "Namespace":
            here.fault("is a Namespace: the release has its own", "use webapp_namespace and webapp_namespace_labels")
        elif (item["kind"], str(name)) in known:
            here.fault(f"is {node.path}[{known[item['kind'], str(name)]}] again", "keep one of them")
        else:
            known[item["kind"], str(name)] = index
