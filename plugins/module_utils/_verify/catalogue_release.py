# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogue of live rules about pods, Services and revisions."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, INFO, WARNING, Rule
from ansible_collections.proven.webapp.plugins.module_utils._verify import rules_release as release
from ansible_collections.proven.webapp.plugins.module_utils._verify.live import LiveRule

RELEASE_RULES: tuple[LiveRule, ...] = (
    LiveRule(
        Rule(
            id="PV204",
            name="restarted",
            severity=ERROR,
            title="A container was restarted during the window",
            why="Ready says nothing about it: without a readiness probe a pod that restarts again and again stays Ready nearly always.",
            fix="Read the container's last log (kubectl logs --previous) and its last state; a liveness probe may ask for too much.",
            source="pkg/kubelet/kuberuntime/kuberuntime_manager.go, computePodActions",
        ),
        release.restarted,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV207",
            name="back-off",
            severity=ERROR,
            title="The kubelet waits before it starts a container again",
            why="The container ends again and again, or its image can't be had.",
            fix="Read the container's last log (kubectl logs --previous) and its waiting reason.",
            source="pkg/kubelet/kuberuntime/kuberuntime_manager.go, doBackOff",
        ),
        release.backed_off,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV209",
            name="endpoints-differ",
            severity=ERROR,
            title="A pod's Ready condition and its Service's endpoints differ",
            why="Traffic goes to a pod that isn't ready, or none to one that is.",
            fix="See whether the EndpointSlice controller runs, and who else writes the Service's EndpointSlices.",
            source="staging/src/k8s.io/endpointslice/utils.go, podToEndpoint",
        ),
        release.endpoints_differ,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV210",
            name="service-empty",
            severity=ERROR,
            title="A Service has no ready endpoint",
            why="Every connection to it is refused.",
            fix="Compare its selector with the pods' labels, and see why the pods aren't Ready.",
            source="pkg/proxy (a Service without endpoints rejects)",
        ),
        release.service_empty,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV211",
            name="not-ready",
            severity=ERROR,
            title="A pod isn't Ready at the end of the window",
            why="It takes no traffic.",
            fix="kubectl describe pod says what it waits for.",
            source="pkg/kubelet/status/generate.go, GeneratePodReadyCondition",
        ),
        release.not_ready,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV212",
            name="too-few",
            severity=ERROR,
            title="Fewer pods are ready than were asked for",
            why="The load falls on fewer pods than it was planned for.",
            fix="Look at the workload's events: a quota, a full node, an image.",
            source="the release's own replicas",
        ),
        release.too_few,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV213",
            name="old-revision-serves",
            severity=ERROR,
            title="A pod of an old ReplicaSet still serves",
            why="Some users get the old release, whose probes tell nothing about the new one.",
            fix="Wait for the rollout's end, or see why it hangs (kubectl rollout status).",
            source="pkg/controller/deployment/util/deployment_util.go, RevisionAnnotation",
        ),
        release.old_revision_serves,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV218",
            name="unready-spell",
            severity=ERROR,
            title="A pod was not Ready for a while",
            why="It took no traffic meanwhile; with all of its siblings alike there would have been none to take it.",
            fix="Compare the moment with the application's log: what its readiness asks for was away, or too slow.",
            source="pkg/kubelet/status/status_manager.go, SetContainerReadiness",
        ),
        release.unready_for_a_while,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV219",
            name="cron-failed",
            severity=WARNING,
            title="The last run of a CronJob failed",
            why="Nobody waits for it, so that nobody sees it: what it does hasn't been done since.",
            fix="Read its log (kubectl logs job/<name>); kubectl create job --from=cronjob/<name> tries it at once.",
            source="pkg/controller/job/job_controller.go, finishedCondition",
        ),
        release.cron_failed,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV220",
            name="cron-suspended",
            severity=INFO,
            title="A CronJob is suspended",
            why="It never runs until somebody thinks of it.",
            fix="Take cron.suspend out of the inventory once the reason is gone.",
            source="pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob",
        ),
        release.cron_suspended,
        (2,),
    ),
)
