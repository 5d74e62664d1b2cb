# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a cloud's refusal means, and what to do about it. Pure."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._cloud.http import Refused
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

QUOTA_WORDS = ("quota", "limit exceeded", "exceeds the limit", "droplet limit", "limit of", "stockout", "insufficient capacity")
"""In a code or a sentence. No cloud has a code for it that it always uses."""

SWITCHED_OFF = (
    "service_disabled",
    "accessnotconfigured",
    "has not been used in project",
    "missingsubscriptionregistration",
    "is not registered",
)


def is_quota(text: str) -> bool:
    return any(word in text.lower() for word in QUOTA_WORDS)


def refusal(title: str, refused: Refused, *, doing: str, where: str, credentials: str) -> ProvenError:
    """
    :param title: the cloud's name.
    :param doing: what was asked for, such as "make the cluster".
    :param where: what it was asked of.
    :param credentials: where the credentials come from, such as "cluster_credentials.token".
    """
    said = refused.message.rstrip(".")
    text = f"{refused.code} {refused.message} {refused.details or ''}".lower()
    if refused.status == 401:
        return ProvenError(
            f"{title} doesn't accept the credentials: {said}.",
            where=credentials,
            fix="They are wrong, have expired or were revoked: make new ones.",
        )
    if refused.status != 429 and is_quota(text):
        return ProvenError(
            f"{title} has no room for it within your quota: {said}.",
            where=where,
            fix="Ask for fewer or smaller nodes (cluster_node_pools), another region, or have the quota raised. Then run it again.",
        )
    if any(word in text for word in SWITCHED_OFF):
        return ProvenError(
            f"{title} has this API switched off for you: {said}.",
            where=where,
            fix="Switch it on in the cloud's console, then run it again.",
        )
    if "billing" in text and refused.status in (400, 403):
        return ProvenError(f"{title} wants billing in order first: {said}.", where=where, fix="Set billing up in the cloud's console.")
    if refused.status == 403:
        return ProvenError(
            f"The credentials don't give the right to {doing}: {said}.",
            where=credentials,
            fix=f"Give them that right on {where}; see docs/clouds.md.",
        )
    if refused.status == 429:
        return ProvenError(f"{title} gets too many requests from you: {said}.", where=where, fix="Run it again in a few minutes.")
    if refused.status >= 500:
        return ProvenError(
            f"{title} failed to {doing}: {said} (status {refused.status}).",
            where=where,
            fix="That is the cloud's own fault: see its status page, then run it again.",
        )
    return ProvenError(f"{title} refuses to {doing}: {said}.", where=where, fix="Correct what it names, then run it again.")
