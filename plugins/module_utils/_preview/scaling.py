# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who has written the number of pods, before Helm applies it or leaves it out.

With server-side apply, what Helm alone has written and then leaves out is taken away: a Deployment that is handed to an autoscaler would
have one pod until that one looks again. And what somebody else has written, an autoscaler or ``kubectl scale``, Helm may not write: a
release that says how many pods there are would fail. So the number stays as it is, and stops being theirs.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._release import claim

HELM = "helm"
LIVE = "live"
KINDS = ("deployments", "statefulsets")
TRIES = 5
"""An autoscaler may write at the same time."""
STALE = (409, 422)


def scaled(values: Mapping[str, Any], release: str) -> dict[str, bool]:
    """Workload of the chart's values → does somebody else than the release say how many pods it has?"""
    found = {}
    for name, component in (values.get("components") or {}).items():
        beside = component.get("beside") or {}
        for version, slot in ((component, component.get("track")), (beside.get("values"), beside.get("track"))):
            if version is not None:
                suffix = f"-{slot}" if slot and slot != LIVE else ""
                found[f"{release}-{name}{suffix}"] = bool(version.get("autoscale") or version.get("keda"))
    return found


def without(fields: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """managedFields' set of fields without one of them, and without what is empty then."""
    left = copy.deepcopy(dict(fields))
    head, *rest = path
    if head in left:
        left[head] = without(left[head], *rest) if rest else {}
        if not left[head]:
            del left[head]
    return left


def let_go(item: Mapping[str, Any], by_others: bool) -> list[dict[str, Any]] | None:
    """Its managedFields without whom the number of pods is to be no more; None where nothing is to be done.

    :param item: as the API has it.
    :param by_others: the release leaves the number out, so that it must not be Helm's; else it must be nobody else's.
    """
    known = item["metadata"].get("managedFields") or []
    found = []
    for entry in known:
        fields = entry.get("fieldsV1") or {}
        if (entry.get("manager") == HELM) == by_others:
            fields = without(fields, "f:spec", "f:replicas")
        if fields or not entry.get("fieldsV1"):
            found.append({**entry, "fieldsV1": fields})
    return None if found == known else found


def hand_over(place: claim.Place, values: Mapping[str, Any]) -> None:
    """Before Helm makes a release of these values.

    :raises ProvenError: it isn't allowed.
    """
    decided = scaled(values, place.release)
    for kind in KINDS if decided else ():
        path = f"/apis/apps/v1/namespaces/{place.namespace}/{kind}"
        status, body = place.api.get(path, {"labelSelector": f"app.kubernetes.io/instance={place.release}"})
        if status != 200:
            # Nothing is there yet, or Helm will say what it may not see.
            continue
        for item in json.loads(body)["items"]:
            name = item["metadata"]["name"]
            if name in decided and let_go(item, decided[name]) is not None:
                _write(place, f"{path}/{name}", decided[name])


def _write(place: claim.Place, path: str, by_others: bool) -> None:
    for _try in range(TRIES):
        status, body = place.api.get(path)
        if status != 200:
            return
        item = json.loads(body)
        fields = let_go(item, by_others)
        if fields is None:
            return
        patch = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": item["metadata"]["resourceVersion"]},
            {"op": "replace", "path": "/metadata/managedFields", "value": fields},
        ]
        status, body = place.api.request("PATCH", path, patch, content_type="application/json-patch+json")
        if status == 200:
            return
        if status not in STALE:
            break
    raise ProvenError(
        f"Who decides on the number of pods can't be changed: status {status}: {json.loads(body).get('message', '')}",
        where=path,
        fix="allow the run to patch Deployments and StatefulSets",
    )
