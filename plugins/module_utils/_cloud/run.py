# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what is in the cloud to what is asked for: look, make, wait, hand out."""

from __future__ import annotations

from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._cloud import kubeconfig, pulling
from ansible_collections.proven.webapp.plugins.module_utils._cloud.model import USABLE, Found, Login, drift
from ansible_collections.proven.webapp.plugins.module_utils._cloud.waiting import Job, gone, settled
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._outcome import Outcome


def facts(job: Job, found: Found | None, context: str = "") -> dict[str, Any]:
    """What the module returns of a cluster."""
    usable = found is not None and found.state in USABLE
    return {
        "present": usable and bool(context),
        "made_here": found is not None and found.made_here,
        "kubeconfig": job.path,
        "context": context,
        "region": found.region if found else job.wish.region,
        "kubernetes_version": found.version if found else "",
    }


def ensure_present(job: Job, *, create: bool) -> Outcome:
    """Have the cluster, and a kubeconfig that leads to it.

    :param create: it may be made.
    :raises ProvenError: it can't be had.
    """
    job.cloud.check_name()
    found = job.cloud.find()
    outcome = Outcome(facts(job, found), before=found.described() if found else {})
    if found is None:
        if not create:
            raise missing(job)
        check_wish(job)
        wish = {
            "region": job.wish.region,
            "version": job.wish.version or "the cloud's default",
            "node_pools": [str(pool) for pool in job.wish.pools],
        }
        outcome.after = {**wish, "state": "running"}
        outcome.actions.append("made the cluster")
        if job.check:
            return outcome
        job.say(f"asking {job.cloud.title} for cluster {job.wish.name} in {job.wish.region}")
        job.cloud.create()
    elif job.wish.region and found.region != job.wish.region.replace(" ", "").lower():
        raise ProvenError(
            f"The cluster {found.name} is in {found.region}, not in {job.wish.region}.",
            where="cluster_region",
            fix=f"Write {found.region}, or choose another cluster_name.",
        )
    if job.check and found is not None and found.state == "creating":
        outcome.actions.append("waited for the cluster")
        outcome.after = {**outcome.before, "state": "running"}
        return outcome
    if found is None or found.state not in USABLE:
        found = settled(job, new=found is None)
    if found.made_here and job.wish.pools:
        outcome.drift = drift(job.wish, found)
    if outcome.drift and not outcome.actions:
        outcome.warnings.append(
            f"The cluster {found.name} differs from what is asked for, and is left as it is: {'; '.join(outcome.drift)}."
        )
    if found.state == "degraded":
        outcome.warnings.append(
            f"{job.cloud.title} says that the cluster {found.name} is degraded: {job.cloud.failure(found) or 'no reason given'}."
        )
    access = job.cloud.access(found)
    # Also in check mode: it is how the rest of the run looks at the cluster, and changes nothing of anybody's
    kubeconfig.write(job.path, access)
    if outcome.actions:
        outcome.after = found.described()
    outcome.facts = facts(job, found, access.context)
    return outcome


def check_wish(job: Job) -> None:
    """Before anything is made: is all said, and does the cloud have it?"""
    if not job.wish.region:
        raise ProvenError("It isn't said where the cluster is to be made.", where="cluster_region", fix="Name a region of the cloud's.")
    if not job.wish.pools:
        raise ProvenError("A cluster without nodes runs nothing.", where="cluster_node_pools", fix="Give it one node pool at least.")
    if job.registry and job.cloud.owns(job.registry):
        job.cloud.login(job.registry)
    job.cloud.check_offer()


def missing(job: Job) -> ProvenError:
    others = job.cloud.others()
    return ProvenError(
        f"There is no cluster {job.wish.name} in {job.cloud.place}.",
        where="cluster_name",
        fix=(f"Name one that is there ({', '.join(others)}), or set" if others else "Set") + " cluster_create: true to have it made.",
    )


def look(job: Job) -> Outcome:
    """Hand out a kubeconfig where there is a cluster that can be used; change nothing."""
    job.cloud.check_name()
    found = job.cloud.find()
    if found is None or found.state not in USABLE:
        return Outcome(facts(job, found))
    access = job.cloud.access(found)
    kubeconfig.write(job.path, access)
    return Outcome(facts(job, found, access.context))


def ensure_absent(job: Job) -> Outcome:
    """Delete a cluster that was made here.

    :raises ProvenError: it was made by somebody else.
    """
    job.cloud.check_name()
    found = job.cloud.find()
    outcome = Outcome(facts(job, None), before=found.described() if found else {})
    if found is not None and not found.made_here:
        raise ProvenError(
            f"The cluster {found.name} wasn't made by this collection, and stays.",
            where=job.where,
            fix="Leave cluster_delete out. To be rid of the cluster, delete it as it was made.",
        )
    if found is not None:
        outcome.actions.append("deleted the cluster")
        if job.check:
            return outcome
        if found.state != "deleting":
            job.say(f"asking {job.cloud.title} to delete cluster {found.name}")
            job.cloud.delete(found)
        gone(job)
    if not job.check:
        kubeconfig.remove(job.path)
    return outcome


def registry(job: Job, context: str) -> tuple[Outcome, Login | None]:
    """Log in to the cloud's own registry, and let the cluster pull from it. Another's registry is nothing to us.

    :param context: of the kubeconfig; empty where there is no cluster yet.
    :raises ProvenError: there is no such registry, or no right to it.
    """
    if not job.registry or not job.cloud.owns(job.registry):
        return Outcome({"own": False, "pull_secrets": []}), None
    outcome = Outcome({"own": True, "pull_secrets": []})
    login = job.cloud.login(job.registry)
    found = job.cloud.find()
    if found is None or found.state not in USABLE:
        return outcome, login
    if not job.cloud.attached(found, job.registry):
        outcome.actions.append("let the cluster pull from the registry")
        outcome.before, outcome.after = {"pulls_from": []}, {"pulls_from": [job.registry]}
        if job.check:
            return outcome, login
        job.cloud.attach(found, job.registry)
    if job.cloud.pulls_by_secret and context:
        outcome.facts["pull_secrets"] = pulling.secrets_of(job.path, context)
        if not outcome.facts["pull_secrets"]:
            outcome.warnings.append(f"{job.cloud.title} hasn't given the cluster {found.name} a Secret to pull images with yet.")
    return outcome, login
