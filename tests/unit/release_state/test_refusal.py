"""What an API server's refusal means, from answers as it gives them."""

from __future__ import annotations

import json

from ansible_collections.proven.webapp.plugins.module_utils._release.refusal import NoNamespace, refusal

LEASES = "/apis/coordination.k8s.io/v1/namespaces/shop/leases"


def test_a_namespace_that_is_being_removed_is_said_to_be() -> None:
    status = {
        "kind": "Status",
        "reason": "Forbidden",
        "message": 'leases.coordination.k8s.io "proven-todo" is forbidden: unable to create new content in namespace shop '
        "because it is being terminated",
        "details": {"causes": [{"reason": "NamespaceTerminating", "message": "namespace shop is being terminated"}]},
    }
    error = refusal("the Lease", LEASES, 403, json.dumps(status).encode())
    assert "The namespace shop is being removed" in str(error)
    assert "kubectl wait --for=delete namespace/shop" in error.fix


def test_a_namespace_that_there_is_not_is_an_error_of_its_own() -> None:
    status = {"reason": "NotFound", "message": 'namespaces "shop" not found', "details": {"name": "shop", "kind": "namespaces"}}
    error = refusal("the Lease", LEASES, 404, json.dumps(status).encode())
    assert isinstance(error, NoNamespace)
    assert "There is no namespace shop" in str(error)


def test_a_credential_that_has_expired_is_no_matter_of_rights() -> None:
    error = refusal("the Lease", LEASES, 401, b'{"kind":"Status","status":"Failure","message":"Unauthorized","code":401}')
    assert "expired or was withdrawn" in str(error)
    assert "rights" not in str(error)


def test_everything_else_is_said_in_the_clusters_words() -> None:
    error = refusal("the Lease", LEASES, 403, b'{"message": "leases is forbidden: User \\"x\\" cannot create", "details": null}')
    assert 'The cluster refuses the Lease: leases is forbidden: User "x" cannot create' in str(error)
    for body in (b"<html>", b"[]"):
        assert "status 502" in str(refusal("the Lease", LEASES, 502, body))
