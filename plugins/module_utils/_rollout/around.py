# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a release has around its workloads: claims of storage, Services, scalers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import (
    Look,
    Now,
    Object,
    Snapshot,
    Trouble,
    component_of,
    condition,
    labels_of,
    over,
    status_of,
    when,
)

NO_CLASS_SECONDS = 5.0
ENDPOINTS_SECONDS = 10.0
"""What the controller of EndpointSlices gets after the last pod got ready."""


def claim_look(claim: Object, snapshot: Snapshot, now: Now) -> Look:
    """What a PersistentVolumeClaim waits for; no words where it is bound, or waits for a pod that nobody has made."""
    phase, name, component = status_of(claim).get("phase"), str(claim["metadata"]["name"]), component_of(claim)
    if phase == "Bound":
        return Look()
    if phase == "Lost":
        return Look("its volume", (Trouble(component, f"the volume of the claim {name} is lost", about=name),))
    events = snapshot.about(claim)
    used = any(
        (volume.get("persistentVolumeClaim") or {}).get("claimName") == name
        for pod in snapshot.pods
        for volume in (pod.get("spec") or {}).get("volumes") or ()
    )
    if not used and any(event.reason == "WaitForFirstConsumer" for event in events):
        return Look()
    failed = [event for event in events if event.reason in ("ProvisioningFailed", "FailedBinding")]
    if not failed:
        return Look("its volume to be provisioned")
    message = failed[-1].message
    no_class = "storageclass" in message and "not found" in message
    due = failed[-1].first + (0 if no_class else NO_CLASS_SECONDS)
    hopeless = no_class or "no storage class is set" in message
    trouble = Trouble(component, f"the claim {name} gets no volume: {message}", about=name)
    return Look(f"its volume ({message})", (trouble,) if hopeless and over(due, now) else (), (due,) if hopeless else ())


def selected(service: Object, workloads: Sequence[Object]) -> list[Object]:
    """The workloads whose pods a Service selects."""
    selector: Mapping[str, str] = (service.get("spec") or {}).get("selector") or {}
    if not selector:
        return []
    return [
        item
        for item in workloads
        if selector.items() <= ((item["spec"].get("template") or {}).get("metadata") or {}).get("labels", {}).items()
    ]


def _endpoints(slices: Sequence[Object]) -> Iterator[Object]:
    """Ready ones. `ready` that isn't said counts as true (discovery/v1)."""
    for item in slices:
        for endpoint in item.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready") is not False:
                yield item


def service_look(service: Object, snapshot: Snapshot, pods: Sequence[Object], now: Now) -> Look:
    """What a Service waits for whose workloads are done.

    :param pods: that it selects.
    """
    name = str(service["metadata"]["name"])
    mine = [item for item in snapshot.slices if labels_of(item).get("kubernetes.io/service-name") == name]
    ready = list(_endpoints(mine))
    # A name leads to the pods themselves, whatever their ports.
    headless = service["spec"].get("clusterIP") == "None"
    wanted = [] if headless else [str(port.get("targetPort", port.get("port"))) for port in service["spec"].get("ports") or ()]
    if any(item.get("ports") or not wanted for item in ready):
        return Look()
    times = [when((condition(pod, "Ready") or {}).get("lastTransitionTime")) for pod in pods]
    due = max(times, default=0.0) + ENDPOINTS_SECONDS
    what = f"the Service {name} leads nowhere: "
    what += f"no port of its pods is called {' or '.join(wanted)}" if ready else "none of its endpoints is ready"
    doomed = bool(times) and over(due, now)
    return Look("its Service's endpoints", (Trouble(component_of(service), what, about=name),) if doomed else (), (due,) if times else ())


def scaler_notes(scalers: Sequence[Object]) -> Iterator[str]:
    """A HorizontalPodAutoscaler that can't read its metrics is no doom: it scales later, or not at all."""
    for item in scalers:
        off = condition(item, "ScalingActive", "False")
        if off is not None and off.get("reason") != "ScalingDisabled":
            yield f"{item['metadata']['name']}: it can't scale yet. {off.get('reason', '')}: {off.get('message', '')}"
