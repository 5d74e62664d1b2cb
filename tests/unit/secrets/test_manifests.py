"""Names by content, and text without values."""

from __future__ import annotations

import base64

from ansible_collections.proven.webapp.plugins.module_utils._secrets.manifests import (
    digest,
    namespace_manifest,
    secret_contents,
    secret_manifest,
)
from ansible_collections.proven.webapp.plugins.module_utils._secrets.mask import mask


def test_digest_follows_content_alone() -> None:
    one = digest({"A": "1", "B": "2"})
    assert one == digest({"B": "2", "A": "1"})
    assert len(one) == 10
    assert len({one, digest({"A": "1"}), digest({"A": "1", "B": "3"}), digest({"A": "1", "C": "2"}), digest({"A": '1","B":"2'})}) == 5


def test_a_component_has_just_the_keys_that_it_uses() -> None:
    used = {"web": ["A"], "worker": ["A", "GONE"], "proxy": []}
    assert secret_contents(used, {"A": "1", "B": "2"}) == {"web": {"A": "1"}, "worker": {"A": "1"}}


def test_any_text_arrives_byte_for_byte() -> None:
    value = "line\nline\0{{ no }} ünï $x"
    manifest = secret_manifest("todo", "web", "ns", {"A": value})
    assert base64.b64decode(manifest["data"]["A"]).decode() == value
    assert manifest["metadata"]["name"] == f"todo-web-{digest({'A': value})}"
    assert manifest["immutable"] is True


def test_a_namespace_is_restricted_unless_its_labels_say_otherwise() -> None:
    level = "pod-security.kubernetes.io/enforce"
    assert namespace_manifest("ns", {"team": "shop"})["metadata"]["labels"].items() >= {level: "restricted", "team": "shop"}.items()
    assert namespace_manifest("ns", {level: "baseline"})["metadata"]["labels"][level] == "baseline"


def test_mask_knows_the_forms() -> None:
    value = 'p"w/ x'
    forms = [value, base64.b64encode(value.encode()).decode(), "p%22w%2F%20x", 'p\\"w/ x']
    assert mask(" | ".join(["start", *forms, "end"]), [value, ""]) == "start | ******** | ******** | ******** | ******** | end"
