"""What deploy/ and the profiles of docker-compose.yml promise, held against the schemas of others: no cluster is needed
to see it."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from importlib import resources
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from formaos_obs.environment import BASE_DIR
from formaos_obs.processes import NAMES

FOLDER = BASE_DIR / "deploy" / "kubernetes"
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
# The oldest that its makers still keep, and the newest whose schema is at hand.
VERSIONS = ("1.35", "1.37")
BASE = {*NAMES, "migrate", "postgres", "redis"}


def documents() -> Iterator[dict[str, Any]]:
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())


DOCUMENTS = list(documents())
PODS = {
    document["metadata"]["name"]: document["spec"]["template"]["spec"]
    for document in DOCUMENTS
    if document["kind"] in {"Deployment", "StatefulSet", "Job"}
}


def of(kind: str) -> dict[str, dict[str, Any]]:
    return {document["metadata"]["name"]: document for document in DOCUMENTS if document["kind"] == kind}


@pytest.mark.parametrize("version", VERSIONS)
def test_each_manifest_is_what_kubernetes_knows_and_has_no_word_that_it_does_not(version: str) -> None:
    for document in DOCUMENTS:
        kubernetes_validate.validate(document, version, strict=True)
    wrong = json.loads(json.dumps(of("Deployment")["web"]).replace('"readinessProbe"', '"readynessProbe"'))
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, version, strict=True)


def test_the_list_names_every_file_but_the_secrets() -> None:
    kept = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml", "secrets.example.yaml"}
    assert set(KUSTOMIZATION["resources"]) == kept
    assert {document["metadata"].get("namespace") for document in DOCUMENTS if document["kind"] != "Namespace"} == {
        KUSTOMIZATION["namespace"]
    }


def test_every_part_is_there_and_runs_what_the_image_has() -> None:
    assert PODS.keys() == {*NAMES, "ingest", "migrate"}
    run = {name: pod["containers"][0]["command"] for name, pod in PODS.items()}
    assert run["ingest"] == run["web"]
    assert {name: run[name] for name in NAMES} == {name: ["python", "manage.py", "serve", name] for name in NAMES}
    services = COMPOSE["services"]
    assert run["migrate"] == services["migrate"]["command"]


@pytest.mark.parametrize("name", PODS)
def test_nobody_is_root_or_writes_but_where_told(name: str) -> None:
    pod = PODS[name]
    assert pod["automountServiceAccountToken"] is False
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in (*pod.get("initContainers", []), *pod["containers"]):
        closed = container["securityContext"]
        assert (closed["allowPrivilegeEscalation"], closed["readOnlyRootFilesystem"]) == (False, True)
        assert closed["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in container["resources"]["limits"]
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}
    mounted = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    claimed = {one["metadata"]["name"] for one in of("StatefulSet")["ingest"]["spec"]["volumeClaimTemplates"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]} | (claimed if name == "ingest" else set())


def test_the_owner_of_the_database_is_known_to_the_migration_alone() -> None:
    secrets = {
        name: {source["secretRef"]["name"] for source in pod["containers"][0]["envFrom"] if "secretRef" in source}
        for name, pod in PODS.items()
    }
    assert secrets.pop("migrate") == {"secrets", "owner"}
    assert set(map(frozenset, secrets.values())) == {frozenset({"secrets"})}
    assert "OBS_DATABASE_OWNER_URL" not in of("Secret")["secrets"]["stringData"]
    assert [value for value in of("Secret")["secrets"]["stringData"].values() if len(value) > 60] == []


@pytest.mark.parametrize("name", [name for name in PODS if name != "migrate"])
def test_an_upgrade_or_a_drained_node_leaves_somebody_at_work(name: str) -> None:
    document = of("StatefulSet").get(name) or of("Deployment")[name]
    labels = document["spec"]["template"]["metadata"]["labels"]
    assert document["spec"]["replicas"] >= 2
    assert (
        document["spec"]["selector"]["matchLabels"]
        == labels
        == of("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"]
    )
    assert PODS[name]["initContainers"][0]["command"] == ["python", "manage.py", "migrate", "--check"]


def test_senders_are_not_turned_away_for_a_backlog() -> None:
    for name in ("web", "ingest"):
        container = PODS[name]["containers"][0]
        assert {
            container[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")
        } == {"/healthz"}
    [ingress] = of("Ingress").values()
    asked = {rule["host"]: rule["http"]["paths"][0]["backend"]["service"]["name"] for rule in ingress["spec"]["rules"]}
    assert sorted(asked.values()) == ["ingest", "web"]
    assert sorted(asked) == sorted(of("ConfigMap")["settings"]["data"]["ALLOWED_HOSTS"].split(","))
    assert asked.keys() == set(ingress["spec"]["tls"][0]["hosts"])
    assert of("Service").keys() == set(asked.values())


def test_settings_are_those_that_there_are() -> None:
    known = (BASE_DIR / ".env.example").read_text()
    told = [
        *of("ConfigMap")["settings"]["data"],
        *of("Secret")["secrets"]["stringData"],
        *of("Secret")["owner"]["stringData"],
    ]
    assert [name for name in told if f"#{name}=" not in known and not name.startswith("AWS_")] == []


def test_the_compose_file_is_what_compose_knows() -> None:
    schema = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    judge = jsonschema.validators.validator_for(known := json.loads(schema.read_text()))(known)
    assert [error.message for error in judge.iter_errors(COMPOSE)] == []
    assert list(judge.iter_errors({"services": {"web": {"comand": "x"}}}))


def test_profiles_add_to_what_one_box_needs() -> None:
    services = COMPOSE["services"]
    started = {
        profile: {name for name, each in services.items() if profile in each.get("profiles", [profile])}
        for profile in ("one-box", "with-s3", "with-clickhouse")
    }
    assert started["one-box"] == BASE
    assert started["with-s3"] == BASE | {"store", "bucket"}
    assert started["with-clickhouse"] == BASE | {"store", "bucket", "clickhouse"}
    for profile, names in started.items():
        needed = {other for name in names for other in services[name].get("depends_on", [])}
        assert needed <= names, profile
    example = (BASE_DIR / ".env.production.example").read_text()
    assert "COMPOSE_PROFILES=one-box" in example


def test_clickhouse_reads_the_bucket_and_nothing_else() -> None:
    users = ElementTree.parse(BASE_DIR / "deploy/clickhouse/users.xml")
    config = ElementTree.parse(BASE_DIR / "deploy/clickhouse/config.xml")
    assert users.findtext("users/obs/grants/query") == "GRANT S3, CREATE TEMPORARY TABLE ON *.*"
    assert users.findtext("profiles/obs/readonly") == "2"
    passed = COMPOSE["services"]["clickhouse"]["environment"]
    asked = {one.get("from_env") for tree in (users, config) for one in tree.iter() if one.get("from_env")}
    assert asked == passed.keys()
