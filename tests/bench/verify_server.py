"""A stand-in for a cluster's API server, over TLS on loopback: lists of made-up pods, and a pod proxy that answers after a while.

    .venv/bin/python tests/bench/verify_server.py FOLDER [--pods 1000] [--wait 0.005]

Writes `kubeconfig` to the folder, and says `ready` when it listens. It is no Kubernetes: it knows the few paths that a verification asks
for, and every pod is well.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import ipaddress
import json
import ssl
import sys
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAMESPACE, NODE = "bench", "n1"
SINCE = "2026-01-01T00:00:00Z"
RUNNING = {"running": {"startedAt": SINCE}}


def pod(number: int) -> dict[str, Any]:
    """One of two a ReplicaSet, with three HTTP probes and the clutter that real ones have."""
    name = f"web-{number:05d}"
    probe = {"httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1}
    container = {
        "name": "app",
        "image": "example/web@sha256:" + "0" * 64,
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": f"SETTING_{place}", "value": "x" * 40} for place in range(20)],
        **{f"{kind}Probe": probe for kind in ("startup", "liveness", "readiness")},
    }
    owner = {"kind": "ReplicaSet", "name": "web", "uid": f"rs-{number // 2}", "controller": True}
    state = {"name": "app", "ready": True, "started": True, "restartCount": 0, "state": RUNNING, "containerID": "containerd://x"}
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": f"uid-{number}", "labels": {"app": "web"}, "ownerReferences": [owner]},
        "spec": {"nodeName": NODE, "containers": [container]},
        "status": {
            "phase": "Running",
            "podIP": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": SINCE}],
            "containerStatuses": [state],
        },
    }


def lists(pods: int) -> dict[str, bytes]:
    """Path to what is listed there."""
    endpoints = [{"targetRef": {"uid": f"uid-{number}"}, "conditions": {"ready": True}} for number in range(pods)]
    metadata = {"name": "web", "labels": {"kubernetes.io/service-name": "web", "app": "web"}}
    found: dict[str, Any] = {
        f"/api/v1/namespaces/{NAMESPACE}/pods": {"items": [pod(number) for number in range(pods)]},
        f"/api/v1/namespaces/{NAMESPACE}/services": {"items": [{"metadata": metadata, "spec": {"selector": {"app": "web"}}}]},
        f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices": {"items": [{"metadata": metadata, "endpoints": endpoints}]},
        f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets": {"items": []},
        f"/apis/batch/v1/namespaces/{NAMESPACE}/cronjobs": {"items": []},
        f"/api/v1/namespaces/{NAMESPACE}/events": {"items": []},
        "/version": {"major": "1", "minor": "34"},
        f"/api/v1/nodes/{NODE}": {"status": {"nodeInfo": {"kubeletVersion": "v1.34.4"}}},
    }
    return {path: json.dumps(body).encode() for path, body in found.items()}


def certificate(folder: Path) -> ssl.SSLContext:
    """For 127.0.0.1, signed by itself, like many a cluster's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


def kubeconfig(folder: Path, port: int) -> None:
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(folder / "ca.pem")}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": cluster}],
        "users": [{"name": "bench", "user": {"token": "stand-in"}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(content))


async def serve(folder: Path, pods: int, wait: float) -> None:
    known = lists(pods)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode().partition("?")[0]
                body, kind = known.get(path), "application/json"
                if body is None:
                    await asyncio.sleep(wait)
                    body, kind = b"ok", "text/plain"
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=certificate(folder), backlog=512)
    kubeconfig(folder, server.sockets[0].getsockname()[1])
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pods", type=int, default=1000)
    parser.add_argument("--wait", type=float, default=0.005)
    given = parser.parse_args()
    try:
        asyncio.run(serve(given.folder, given.pods, given.wait))
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
