from __future__ import annotations

from tests.unit.gateway.fake_front import make_deployment, make_resource

from ingate.assembly.local_upstream import put_in_simulators_place
from ingate.domain.directory import Directory
from ingate.domain.upstream import SIMULATOR, SIMULATOR_UPSTREAM, UpstreamDefinition

LOCAL = UpstreamDefinition(name="local", kind="messages-api", base_url="http://127.0.0.1:9")
OTHER = UpstreamDefinition(name="other", kind="messages-api", base_url="http://h")


def directory(*upstreams: UpstreamDefinition) -> Directory:
    return Directory(
        revision=3,
        resources=(
            make_resource(
                "one",
                make_deployment("simulated", upstream=SIMULATOR),
                make_deployment("served", upstream="other"),
                keys=("a", "b"),
            ),
            make_resource("two", make_deployment("simulated", upstream=SIMULATOR), keys=("a", "b")),
        ),
        upstreams=(SIMULATOR_UPSTREAM, *upstreams),
    )


def routes(directory: Directory) -> list[tuple[str, str]]:
    return [(d.name, d.upstream) for resource in directory.resources for d in resource.deployments]


def test_what_the_simulator_served_the_local_model_serves_and_nothing_else() -> None:
    replaced = put_in_simulators_place(directory(OTHER), LOCAL)
    assert routes(replaced) == [("simulated", "local"), ("served", "other"), ("simulated", "local")]
    assert replaced.upstreams == (SIMULATOR_UPSTREAM, OTHER, LOCAL)
    assert replaced.revision == 3


def test_an_upstream_of_the_operators_keeps_its_name() -> None:
    theirs = UpstreamDefinition(name="local", kind="messages-api", base_url="http://theirs")
    replaced = put_in_simulators_place(directory(theirs), LOCAL)
    assert routes(replaced)[0] == ("simulated", "local-2")
    assert theirs in replaced.upstreams
    assert [upstream.name for upstream in replaced.upstreams] == ["simulator", "local", "local-2"]
