# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Live rules about pods, Services and revisions. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Finding, Rule
from ansible_collections.proven.webapp.plugins.module_utils._verify.rules_probes import about
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import PodSeen, ServiceSeen, Window


def restarted(rule: Rule, window: Window) -> Iterator[Finding]:
    for pod in window.judged:
        for container in pod.containers:
            times = window.restarts(pod, container.name)
            if times > 0 and (pod.uid in window.start.pods):
                last = f"; it ended with {container.last_exit}" if container.last_exit else ""
                what = f"container {container.name} was restarted {times} time{'s' if times > 1 else ''} in {window.seconds:.0f} s{last}"
                yield about(rule, window, pod, what)
            elif times > 0:
                yield about(rule, window, pod, f"container {container.name} of this pod, begun in the window, was restarted {times} times")


def backed_off(rule: Rule, window: Window) -> Iterator[Finding]:
    for event, more in window.new_events():
        if event.reason == "BackOff":
            pod = window.end.pods[event.pod]
            yield about(
                rule, window, pod, f"the kubelet waits before it starts container {event.container} again ({more} more in the window)"
            )


def endpoints_differ(rule: Rule, window: Window) -> Iterator[Finding]:
    for service in window.end.services or ():
        for pod in window.judged:
            if pod.uid not in service.selects or (service.publish_not_ready and pod.phase != "Running"):
                continue
            listed = is_served(service, pod)
            if listed != (pod.ready or service.publish_not_ready):
                state = "Ready, but no ready endpoint" if pod.ready else "not Ready, yet a ready endpoint"
                yield about(rule, window, pod, f"the pod is {state} of Service {service.name}")


def is_served(service: ServiceSeen, pod: PodSeen) -> bool:
    return any(endpoint.pod == pod.uid and endpoint.ready for endpoint in service.endpoints)


def service_empty(rule: Rule, window: Window) -> Iterator[Finding]:
    for service in window.end.services or ():
        if not any(endpoint.ready for endpoint in service.endpoints):
            pods = sum(1 for pod in window.judged if pod.uid in service.selects)
            what = f"none of its {pods} pods is a ready endpoint" if pods else "its selector matches no pod"
            yield Finding(rule=rule, kind="Service", name=service.name, namespace=window.namespace, what=what)


def not_ready(rule: Rule, window: Window) -> Iterator[Finding]:
    for pod in window.judged:
        if not pod.ready:
            yield about(rule, window, pod, f"not Ready: {pod.why or pod.phase}")


def unready_for_a_while(rule: Rule, window: Window) -> Iterator[Finding]:
    for pod in window.judged:
        before = window.start.pods.get(pod.uid)
        if pod.ready and before and before.ready and pod.ready_since != before.ready_since:
            yield about(rule, window, pod, "Ready at the window's beginning and at its end, but not all the time between")


def too_few(rule: Rule, window: Window) -> Iterator[Finding]:
    for component, wanted in window.wanted.items():
        own = [pod for pod in window.judged if pod.component == component]
        ready = sum(1 for pod in own if pod.ready)
        if ready < wanted:
            what = f"{ready} of {wanted} pods ready"
            yield Finding(rule=rule, kind="Component", name=component, namespace=window.namespace, what=what)


def cron_failed(rule: Rule, window: Window) -> Iterator[Finding]:
    for cron in window.end.crons or ():
        if cron.failed:
            yield Finding(rule=rule, kind="CronJob", name=cron.name, namespace=window.namespace, what=f"its last run failed: {cron.failed}")


def cron_suspended(rule: Rule, window: Window) -> Iterator[Finding]:
    for cron in window.end.crons or ():
        if cron.suspended:
            yield Finding(rule=rule, kind="CronJob", name=cron.name, namespace=window.namespace, what="it is suspended, and never runs")


def old_revision_serves(rule: Rule, window: Window) -> Iterator[Finding]:
    revisions = window.end.revisions or ()
    newest: dict[str, int] = {}
    for revision in revisions:
        newest[revision.owner] = max(revision.revision, newest.get(revision.owner, 0))
    known = {revision.uid: revision for revision in revisions}
    for pod in window.judged:
        own = known.get(pod.owner)
        if own is None or not own.owner or own.revision >= newest[own.owner]:
            continue
        services = [service.name for service in window.end.services or () if is_served(service, pod)]
        if services or pod.ready:
            behind = f" behind Service {', '.join(services)}" if services else ""
            yield about(
                rule, window, pod, f"of ReplicaSet {own.name} (revision {own.revision} of {newest[own.owner]}), still serves{behind}"
            )
