# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the messages of kubelet, registry, scheduler and API server mean for a rollout. Tables alone.

Sources of the words: reasons in pkg/kubelet/images/types.go, pkg/kubelet/kuberuntime/kuberuntime_container.go and
pkg/kubelet/container/sync_result.go of Kubernetes; errors of pulls as containerd and CRI-O write them down; reasons of the scheduler's
plugins in pkg/scheduler/framework/plugins; admission in staging/src/k8s.io/apiserver and plugin/pkg/admission.
"""

from __future__ import annotations

import re

IMAGE_GONE = frozenset({"InvalidImageName", "ErrImageNeverPull", "SignatureValidationFailed"})
"""No second try makes it better."""
IMAGE_TRIED = frozenset({"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError"})
"""It depends on what the registry says."""
CONFIG = frozenset({"CreateContainerConfigError"})
RUNTIME = frozenset({"CreateContainerError", "RunContainerError", "PreCreateHookError", "PreStartHookError", "PostStartHookError"})

REFUSED_BY_REGISTRY = re.compile(
    r"not found|manifest unknown|name unknown|unauthorized|authorization failed|access denied|denied:|is denied|forbidden|"
    r"does not exist|repository name not known|no match for platform|no matching manifest|invalid reference|invalid tag",
    re.IGNORECASE,
)
"""The registry has answered, and the answer is no."""
REGISTRY_UNREACHABLE = re.compile(
    r"no such host|i/o timeout|timeout|connection refused|connection reset|unexpected EOF|: EOF|TLS handshake|no route to host|"
    r"network is unreachable|server misbehaving|toomanyrequests|too many requests|\b5\d\d (?:Internal|Bad|Service|Gateway)|"
    r"\bstatus(?: code)?:? 5\d\d",
    re.IGNORECASE,
)
"""Nobody has answered, or not for good. Looked for first: `lookup x: no such host` says nothing about the image."""
PREAMBLE = re.compile(
    r"rpc error: code = \w+ desc = |Failed to pull image \"[^\"]*\": |failed to pull and unpack image \"[^\"]*\": |"
    r"failed to resolve (?:reference|image) \"[^\"]*\": |"
    r"failed to (?:create|start) (?:containerd task|shim task|container)[^:]*: |OCI runtime (?:create|exec) failed: |"
    r"runc create failed: |unable to start container process: |error during container init: "
)
"""What stands before the point, and takes all the room that a line has."""
PREEMPTION = re.compile(r",? ?(?:no new claims to deallocate, )?preemption: .*", re.DOTALL)
"""What follows the scheduler's reason."""
PULLS_TOLERATED = 3
"""Failed pulls for which the network is to blame; the kubelet's second pause is over then."""

CONFIG_PASSES = re.compile(r"failed to sync (?:secret|configmap) cache", re.IGNORECASE)
"""The kubelet was too slow, and tries again."""
COMMAND_GONE = re.compile(
    r"executable file not found|no such file or directory|permission denied|exec format error|no command specified|not a directory",
    re.IGNORECASE,
)
VOLUME_SOURCE_GONE = re.compile(
    r"(?:secret|configmap) \\?\"[^\"]+\\?\" not found|references non-existent (?:secret|config) key", re.IGNORECASE
)

ROOM = re.compile(r"Insufficient |free ports|anti-affinity|Too many pods|exceed max volume|topology spread|ReadWriteOncePod", re.IGNORECASE)
"""What a pod that goes leaves room for."""
NODE_PASSES = re.compile(
    r"node\.kubernetes\.io/(?:not-ready|unreachable|network-unavailable|disk-pressure|memory-pressure|pid-pressure|unschedulable)|"
    r"node\.cloudprovider\.kubernetes\.io/uninitialized|were unschedulable|no nodes available",
    re.IGNORECASE,
)
"""A node that is lost, cordoned or not there yet, and may come back."""
VOLUME_COMES = re.compile(r"unbound immediate PersistentVolumeClaims|waiting for .* to be (?:bound|provisioned)", re.IGNORECASE)
"""The claim itself is judged."""
SCALED_UP = frozenset({"TriggeredScaleUp", "Nominated"})
"""A node is on its way: of the cluster autoscaler (cluster-autoscaler/FAQ.md) and of Karpenter."""
NOT_SCALED_UP = "NotTriggerScaleUp"

CREATION_PASSES = re.compile(
    r"failed calling webhook|context deadline exceeded|connection refused|etcdserver|timed? ?out|object is being deleted|"
    r"already exists|the object has been modified|Internal error occurred",
    re.IGNORECASE,
)
"""What kept a pod from being created may be over in a moment."""

UNSCHEDULABLE_SECONDS = 5.0
"""Where a pod that can't be scheduled is left alone before it is taken for one that never will."""
NO_SCALE_UP_SECONDS = 30.0
"""What an autoscaler that has declined gets to think again."""
CREATION_SECONDS = 1.5
CREATION_PASSES_SECONDS = 20.0
CONFIG_SECONDS = 1.5
"""A Secret may come a moment after the pod that wants it."""
MOUNTS_TOLERATED = 2
"""Failed mounts for a Secret that isn't there; the third comes some 2 s after the first."""
NO_EVENTS_SECONDS = 60.0
"""How long trouble may last that has to be counted by events, where there are none to count."""
