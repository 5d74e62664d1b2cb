# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogue of live rules about single probes."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, WARNING, Rule
from ansible_collections.proven.webapp.plugins.module_utils._verify import rules_probes as probes
from ansible_collections.proven.webapp.plugins.module_utils._verify.live import LiveRule

PROBE_RULES: tuple[LiveRule, ...] = (
    LiveRule(
        Rule(
            id="PV201",
            name="replay-disagrees",
            severity=ERROR,
            title="A replayed probe and the kubelet's verdict differ",
            why="What the kubelet holds for good isn't, or the other way round: traffic and restarts follow a wrong verdict.",
            fix="Ask the probe by hand from the node and from the API server, and compare; look for a header, host name or "
            "source address that the application answers differently to.",
            source="pkg/kubelet/prober/worker.go, doProbe",
        ),
        probes.disagrees,
        (2, 3),
    ),
    LiveRule(
        Rule(
            id="PV202",
            name="replay-fails",
            severity=ERROR,
            title="A probe fails at the end of the window, before the kubelet has acted on it",
            why="The kubelet is about to take the pod out of its Services, or to restart its container.",
            fix="Look at the application's log; ask again with a longer window if it was a moment's trouble.",
            source="pkg/kubelet/prober/worker.go, doProbe",
        ),
        probes.replay_fails,
        (2, 3),
    ),
    LiveRule(
        Rule(
            id="PV203",
            name="replay-flaps",
            severity=WARNING,
            title="A probe failed now and then when it was replayed",
            why="The thresholds hide it so far; under load they won't.",
            fix="Find what the answer waits for; raise timeoutSeconds only if the answer is right but slow.",
            source="pkg/kubelet/prober/worker.go, doProbe",
        ),
        probes.replay_flaps,
        (2, 3),
    ),
    LiveRule(
        Rule(
            id="PV205",
            name="probe-failed",
            severity=ERROR,
            title="The kubelet's own probe failed again and again during the window",
            why="It had been good before: below the threshold nothing shows, at the threshold traffic is lost or the container restarted.",
            fix="Compare the moment with the application's log; see whether the answer waits for something that the probe needn't ask for.",
            source="pkg/kubelet/prober/prober.go, probe; counters prober_probe_total, events Unhealthy",
        ),
        probes.probe_failed,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV206",
            name="redirected",
            severity=WARNING,
            title="A probe is answered by a redirect",
            why="Every status from 200 to 399 passes, and a redirect to another host isn't followed: an application that "
            "sends everybody to its login page looks healthy.",
            fix="Have the probe ask for a path that answers 200 by itself.",
            source="pkg/probe/http/http.go, DoHTTPProbe and RedirectChecker",
        ),
        probes.redirected,
        (2, 3),
    ),
    LiveRule(
        Rule(
            id="PV208",
            name="only-errs",
            severity=ERROR,
            title="A probe only errs, so that it never counts",
            why="The kubelet throws errors away: a liveness probe that only errs looks healthy for ever, "
            "a readiness or startup probe never passes.",
            fix="Name a port that the container declares, a command that its image has, "
            "and a path whose answer is short, whole and in time.",
            source="pkg/kubelet/prober/worker.go, doProbe (prober error, throw away the result)",
        ),
        probes.only_errs,
        (2, 3),
    ),
    LiveRule(
        Rule(
            id="PV214",
            name="siblings-differ",
            severity=WARNING,
            title="A pod answers its probe otherwise than its siblings",
            why="Pods of one workload are meant to be alike: one has another state, another configuration or another fault.",
            fix="Compare its log and its node with those of the others.",
            source="rule of thumb",
        ),
        probes.siblings_differ,
        (3,),
    ),
    LiveRule(
        Rule(
            id="PV215",
            name="slow-liveness",
            severity=WARNING,
            title="A liveness probe takes more than a quarter of its timeout",
            why="Under load it times out, and the load falls on fewer pods as each is restarted.",
            fix="Have it answer from memory, without asking anything else; or raise timeoutSeconds.",
            source="rule of thumb: p99 below a quarter of the timeout",
        ),
        probes.slow_liveness,
        (3,),
    ),
    LiveRule(
        Rule(
            id="PV216",
            name="startup-budget",
            severity=WARNING,
            title="Starting took more than half of what the startup probe allows",
            why="On a slower or busier node the container is restarted before it has started, again and again.",
            fix="Raise failureThreshold, or find what the start waits for.",
            source="pkg/kubelet/prober/worker.go, doProbe: initialDelaySeconds + failureThreshold x periodSeconds",
        ),
        probes.startup_budget_used,
        (2,),
    ),
    LiveRule(
        Rule(
            id="PV217",
            name="probe-failed-once",
            severity=WARNING,
            title="The kubelet's own probe failed once during the window",
            why="The threshold hides it: a moment's trouble of the node, or the first sign of a load that the application can't take.",
            fix="Compare the moment with the application's log and the node's load.",
            source="pkg/kubelet/prober/prober.go, probe; counters prober_probe_total, events Unhealthy",
        ),
        probes.probe_failed_once,
        (2,),
    ),
)
