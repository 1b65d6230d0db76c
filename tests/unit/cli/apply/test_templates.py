"""`ingate apply -f main.json` and `-f main.bicep`: the same resources, written in two ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.apply.conftest import ApplyText, RunCommand
from tests.unit.cli.apply.fake_control_plane import (
    ACCOUNTS,
    ASSIGNMENTS,
    GROUP,
    USER_ROLE,
    FakeControlPlane,
    make_guid,
)
from tests.unit.cli.fake_ingate import SUBSCRIPTION

SOMEONE = "9d4f1f4e-5a3c-4d52-8f5b-0d5a5f4f7a11"

BICEP = """\
targetScope = 'resourceGroup'

@description('Where it all is.')
param location string = resourceGroup().location
@minLength(3)
param name string
@allowed(['dev', 'prod'])
param stage string = 'dev'
param models array = [
  { name: 'opus', model: 'claude-opus-4-5', capacity: 20 }
  { name: 'haiku', model: 'claude-haiku-4-5' }
]
param callers string[] = []

var role = 'a97b65f3-24c7-4388-baec-2e87135dc908' // Cognitive Services User

resource account 'Microsoft.CognitiveServices/accounts@2025-09-01' = {
  name: '${name}-${stage}'
  location: location
  kind: 'AIServices'
  sku: { name: 'S0' }
  identity: {
    type: 'SystemAssigned'
  }
  tags: union({ stage: stage }, stage == 'prod' ? { paged: 'yes' } : {})
  properties: {
    customSubDomainName: toLower('${name}-${stage}')
    disableLocalAuth: stage != 'dev'
    allowProjectManagement: true
  }

  resource project 'projects' = {
    name: 'main'
    location: location
    properties: {
      displayName: 'Main'
    }
  }
}

@batchSize(1)
resource deployments 'Microsoft.CognitiveServices/accounts/deployments@2025-12-01' = [for (item, index) in models: {
  parent: account
  name: '${item.name}-${index}'
  sku: {
    name: 'GlobalStandard'
    capacity: item.?capacity ?? 5
  }
  properties: {
    model: { format: 'Anthropic', name: item.model }
  }
  dependsOn: [
    account::project
  ]
}]

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for caller in callers: if (!empty(caller)) {
  name: guid(account.id, caller, role)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: caller
    principalType: 'ServicePrincipal'
  }
}]

resource itself 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, 'itself')
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: account.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

output endpoint string = 'https://${account.name}.services.ai.azure.com/anthropic'
output names array = [for (item, index) in models: deployments[index].name]
"""

ARM: dict[str, object] = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {
        "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
        "name": {"type": "string", "minLength": 3},
        "stage": {"type": "string", "defaultValue": "dev", "allowedValues": ["dev", "prod"]},
        "models": {
            "type": "array",
            "defaultValue": [
                {"name": "opus", "model": "claude-opus-4-5", "capacity": 20},
                {"name": "haiku", "model": "claude-haiku-4-5"},
            ],
        },
        "callers": {"type": "array", "defaultValue": []},
    },
    "variables": {
        "account": "[format('{0}-{1}', parameters('name'), parameters('stage'))]",
        "accountId": "[resourceId('Microsoft.CognitiveServices/accounts', variables('account'))]",
        "role": f"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{USER_ROLE}')]",
    },
    "resources": [
        {
            "type": "Microsoft.Authorization/roleAssignments",
            "apiVersion": "2022-04-01",
            "copy": {"name": "access", "count": "[length(parameters('callers'))]"},
            "name": f"[guid(variables('accountId'), parameters('callers')[copyIndex()], '{USER_ROLE}')]",
            "scope": "[concat('Microsoft.CognitiveServices/accounts/', variables('account'))]",
            "properties": {
                "roleDefinitionId": "[variables('role')]",
                "principalId": "[parameters('callers')[copyIndex()]]",
                "principalType": "ServicePrincipal",
            },
            "dependsOn": ["[variables('accountId')]"],
        },
        {
            "type": "Microsoft.Authorization/roleAssignments",
            "apiVersion": "2022-04-01",
            "name": "[guid(variables('accountId'), 'itself')]",
            "scope": "[variables('accountId')]",
            "properties": {
                "roleDefinitionId": "[variables('role')]",
                "principalId": "[reference(variables('accountId'), '2025-09-01', 'full').identity.principalId]",
                "principalType": "ServicePrincipal",
            },
        },
        {
            "type": "Microsoft.CognitiveServices/accounts/deployments",
            "apiVersion": "2025-12-01",
            "copy": {
                "name": "deployments",
                "count": "[length(parameters('models'))]",
                "mode": "Serial",
                "batchSize": 1,
            },
            "name": "[concat(variables('account'), '/', parameters('models')[copyIndex()].name, '-', copyIndex())]",
            "sku": {
                "name": "GlobalStandard",
                "capacity": "[coalesce(tryGet(parameters('models')[copyIndex('deployments')], 'capacity'), 5)]",
            },
            "properties": {"model": {"format": "Anthropic", "name": "[parameters('models')[copyIndex()].model]"}},
            "dependsOn": [
                "[resourceId('Microsoft.CognitiveServices/accounts/projects', variables('account'), 'main')]"
            ],
        },
        {
            "type": "Microsoft.CognitiveServices/accounts",
            "apiVersion": "2025-09-01",
            "name": "[variables('account')]",
            "location": "[parameters('location')]",
            "kind": "AIServices",
            "sku": {"name": "S0"},
            "identity": {"type": "SystemAssigned"},
            "tags": (
                "[union(createObject('stage', parameters('stage')), "
                "if(equals(parameters('stage'), 'prod'), createObject('paged', 'yes'), createObject()))]"
            ),
            "properties": {
                "customSubDomainName": "[toLower(variables('account'))]",
                "allowProjectManagement": True,
                "disableLocalAuth": "[not(equals(parameters('stage'), 'dev'))]",
            },
            "resources": [
                {
                    "type": "projects",
                    "apiVersion": "2025-09-01",
                    "name": "main",
                    "location": "[parameters('location')]",
                    "properties": {"displayName": "Main"},
                }
            ],
        },
    ],
    "outputs": {
        "endpoint": {
            "type": "string",
            "value": "[format('https://{0}.services.ai.azure.com/anthropic', variables('account'))]",
        },
        "names": {
            "type": "array",
            "copy": {
                "count": "[length(parameters('models'))]",
                "input": "[concat(parameters('models')[copyIndex()].name, '-', copyIndex())]",
            },
        },
    },
}

TEMPLATES = [("main.bicep", BICEP), ("main.json", json.dumps(ARM, indent=2))]
PARAMETERS = ("-p", "name=Team", "-p", f'callers=["{SOMEONE}"]')


@pytest.fixture(params=TEMPLATES, ids=["bicep", "arm"])
def template(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


def test_a_template_creates_its_resources_in_the_order_of_their_dependencies(
    apply_text: ApplyText, control_plane: FakeControlPlane, template: tuple[str, str]
) -> None:
    name, text = template
    result = apply_text(text, *PARAMETERS, name=name)
    assert result.exit_code == 0, result.output
    account = f"{GROUP}{ACCOUNTS}/Team-dev"
    created = [write.removeprefix(f"PUT {account}") for write in control_plane.writes]
    assert sorted(created) == sorted(
        [
            "",
            "/projects/main",
            "/deployments/opus-0",
            "/deployments/haiku-1",
            f"{ASSIGNMENTS}/{_guid(account, SOMEONE, USER_ROLE)}",
            f"{ASSIGNMENTS}/{_guid(account, 'itself')}",
        ]
    )
    assert created[0] == ""
    assert created.index("/projects/main") < created.index("/deployments/opus-0")


def _guid(*parts: str) -> str:
    import uuid

    return str(uuid.uuid5(uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830"), "-".join(parts)))


def test_values_are_what_the_expressions_say(
    apply_text: ApplyText, control_plane: FakeControlPlane, template: tuple[str, str]
) -> None:
    name, text = template
    apply_text(text, *PARAMETERS, "-p", "stage=prod", name=name)
    path = f"{GROUP}{ACCOUNTS}/Team-prod"
    account = control_plane.get(path)
    assert account["location"] == "eastus2"
    assert account["tags"] == {"stage": "prod", "paged": "yes"}
    assert account["properties"]["customSubDomainName"] == "team-prod"
    assert account["properties"]["disableLocalAuth"] is True
    capacities = [control_plane.get(f"{path}/deployments/{n}")["sku"]["capacity"] for n in ("opus-0", "haiku-1")]
    assert capacities == [20, 5]
    itself = control_plane.get(f"{path}{ASSIGNMENTS}/{_guid(path, 'itself')}")["properties"]
    assert itself["principalId"] == make_guid(path, "identity")
    assert itself["principalType"] == "ServicePrincipal"
    assert itself["roleDefinitionId"].startswith(f"/subscriptions/{SUBSCRIPTION}/providers/")


def test_outputs_are_told_and_a_second_run_changes_nothing(apply_text: ApplyText, template: tuple[str, str]) -> None:
    name, text = template
    first = apply_text(text, *PARAMETERS, name=name)
    outputs = (
        'Output endpoint = https://Team-dev.services.ai.azure.com/anthropic\nOutput names = ["opus-0", "haiku-1"]\n'
    )
    assert first.stderr.endswith(outputs)
    second = apply_text(text, *PARAMETERS, name=name)
    assert second.stderr == f"No changes: 6 objects are as the file says.\n{outputs}"


def test_parameters_come_from_files_too_and_the_last_one_counts(
    apply_text: ApplyText, control_plane: FakeControlPlane, tmp_path: Path
) -> None:
    values = {"name": {"value": "from-json"}, "stage": {"value": "prod"}}
    (tmp_path / "values.json").write_text(json.dumps({"parameters": values}))
    (tmp_path / "values.bicepparam").write_text("using 'main.bicep'\nparam stage = toLower('DEV')\n")
    files = ("-p", str(tmp_path / "values.json"), "-p", str(tmp_path / "values.bicepparam"))
    result = apply_text(BICEP, *files, name="main.bicep")
    assert result.exit_code == 0, result.output
    assert f"PUT {GROUP}{ACCOUNTS}/from-json-dev" in control_plane.writes


def test_wrong_parameters_are_told_by_name(apply_text: ApplyText) -> None:
    cases = [
        ((), "main.bicep:6:7: parameter 'name' has no default: give --parameters name=VALUE"),
        (("-p", "name=ab"), "parameter name breaks its minLength of 3"),
        (("-p", "name=abc", "-p", "stage=test"), "parameter stage can only be one of dev, prod"),
        (("-p", "nmae=abc"), "--parameters nmae: the template has no such parameter. Did you mean 'name'?"),
        (("-p", "name=abc", "-p", "models={}"), "parameter models is of type array, not an object"),
        (("-p", "name=abc", "-p", "models=x"), "JSON is expected for models."),
        (("-p", "nothing.json"), "--parameters nothing.json: give NAME=VALUE or a file"),
    ]
    for arguments, message in cases:
        result = apply_text(BICEP, *arguments, name="main.bicep")
        assert result.exit_code == 1
        assert message in result.stderr


def test_what_is_not_taken_is_refused_by_name_and_place_before_anything_changes(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    text = """\
module network 'network.bicep' = {
  name: 'network'
}
param a string = newGuid()
resource store 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'store'
}
var keys = account.listKeys().key1
func twice(a int) int => a * 2
"""
    result = apply_text(text, name="main.bicep")
    assert result.exit_code == 1
    for line in (
        "main.bicep:1:1: modules are not taken: put the module's resources into this file",
        "main.bicep:9:1: functions of one's own are not taken",
    ):
        assert line in result.stderr
    only = "resource store 'Microsoft.Storage/storageAccounts@2024-01-01' = {\n  name: 'store'\n}\n"
    refused = apply_text(only, name="main.bicep").stderr
    assert "main.bicep:1:10: Microsoft.Storage/storageAccounts is not taken; there are Microsoft.Cog" in refused
    keys = "output key string = listKeys('x', '2025-09-01').key1\n"
    assert "listKeys is not taken: keys do not leave Ingate" in apply_text(keys, name="main.bicep").stderr
    assert control_plane.writes == []


def test_resources_of_others_can_be_left_out(apply_text: ApplyText, control_plane: FakeControlPlane) -> None:
    text = BICEP + "\nresource store 'Microsoft.Storage/storageAccounts@2024-01-01' = {\n  name: 'store'\n}\n"
    models = 'models=[{"name": "opus", "model": "claude-opus-4-5"}]'
    result = apply_text(text, "-p", "name=abc", "-p", models, "--skip-unsupported", name="main.bicep")
    assert result.exit_code == 0, result.output
    assert "Left out: store (Microsoft.Storage/storageAccounts)\n" in result.stderr


def test_a_template_cannot_prune(apply_text: ApplyText) -> None:
    result = apply_text(BICEP, "-p", "name=abc", "--prune", name="main.bicep")
    assert result.exit_code == 2
    assert "--prune needs a foundry.yaml" in result.stderr


def test_a_real_compiler_is_used_when_there_is_one(
    run_command: RunCommand, control_plane: FakeControlPlane, tmp_path: Path
) -> None:
    compiled = tmp_path / "compiled.json"
    compiled.write_text(json.dumps(ARM))
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "bicep").write_text(f'#!/bin/sh\n[ "$1 $2" = "build --stdout" ] && exec /bin/cat {compiled}\n')
    (tools / "bicep").chmod(0o755)
    file = tmp_path / "main.bicep"
    file.write_text("import 'what only the compiler takes'\n")
    result = run_command("apply", "-f", str(file), "-p", "name=abc", environment={"PATH": str(tools)})
    assert result.exit_code == 0, result.output
    assert f"PUT {GROUP}{ACCOUNTS}/abc-dev" in control_plane.writes


def test_the_form_that_the_compiler_gives_with_symbolic_names_is_taken(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    symbolic = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "languageVersion": "2.0",
        "contentVersion": "1.0.0.0",
        "resources": {
            "deployment": {
                "type": "Microsoft.CognitiveServices/accounts/deployments",
                "apiVersion": "2025-12-01",
                "name": "[format('{0}/{1}', 'there', 'opus')]",
                "properties": {"model": {"format": "Anthropic", "name": "claude-opus-4-5"}},
                "dependsOn": ["account"],
            },
            "account": {
                "existing": True,
                "type": "Microsoft.CognitiveServices/accounts",
                "apiVersion": "2025-09-01",
                "name": "there",
            },
        },
        "outputs": {"where": {"type": "string", "value": "[reference('account').customSubDomainName]"}},
    }
    apply_text("version: 1\nresources: [{name: there}]\n")
    result = apply_text(json.dumps(symbolic), name="main.json")
    assert result.exit_code == 0, result.output
    assert control_plane.writes[-1] == f"PUT {GROUP}{ACCOUNTS}/there/deployments/opus"
    assert result.stderr.endswith("Output where = there\n")


def test_resources_that_depend_on_each_other_are_refused(apply_text: ApplyText) -> None:
    account = (
        "resource {0} 'Microsoft.CognitiveServices/accounts@2025-09-01' = {{\n  name: '{0}'\n  dependsOn: [{1}]\n}}\n"
    )
    result = apply_text(account.format("a1", "b1") + account.format("b1", "a1"), name="main.bicep")
    assert "main.bicep:1:10: these resources depend on each other: a1, b1" in result.stderr
