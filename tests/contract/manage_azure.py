"""Manages Ingate with azure-mgmt-{resource,cognitiveservices,authorization} from an empty resource group to none.

Run by test_azure_management.py in an environment that holds Azure's SDKs. Takes its settings as JSON on standard
input and writes what it saw as one JSON object: for each step its result, or {"error": {"type", "status", "code",
"message"}}.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

# By name: they are no part of the environment that this project's own checks run in.
anthropic: Any = import_module("anthropic")
identity: Any = import_module("azure.identity")
cognitive_models: Any = import_module("azure.mgmt.cognitiveservices.models")
CognitiveServices: Any = import_module("azure.mgmt.cognitiveservices").CognitiveServicesManagementClient
Authorization: Any = import_module("azure.mgmt.authorization").AuthorizationManagementClient
Resources: Any = import_module("azure.mgmt.resource.resources").ResourceManagementClient

GROUP, ACCOUNT, DEPLOYMENT = "sdk-group", "sdk-claude", "my-claude"
LOCATION = "eastus2"
ASSIGNMENT = "6f1c1f3e-0f55-4d1a-9a53-0d1f6f0c7a01"
DATA = "https://cognitiveservices.azure.com/.default"


class Scenario:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.seen: dict[str, Any] = {}
        self.owner = self._sign_in("owner")
        self.caller = self._sign_in("caller")
        self.reader = self._sign_in("reader")
        self.resources = self._connect(Resources, self.owner)
        self.cognitive = self._connect(CognitiveServices, self.owner)
        self.authorization = self._connect(Authorization, self.owner)

    def _sign_in(self, who: str) -> Any:
        return identity.ClientSecretCredential(
            tenant_id=self.settings["tenant_id"],
            client_id=self.settings[who]["client_id"],
            client_secret=self.settings[who]["secret"],
            authority=self.settings["tls_url"],
            disable_instance_discovery=True,
        )

    def _connect(self, kind: Any, credential: Any) -> Any:
        return kind(
            credential,
            self.settings["subscription_id"],
            base_url=self.settings["tls_url"],
            credential_scopes=["https://management.azure.com/.default"],
            retry_total=0,
        )

    @property
    def scope(self) -> str:
        group = f"/subscriptions/{self.settings['subscription_id']}/resourceGroups/{GROUP}"
        return f"{group}/providers/Microsoft.CognitiveServices/accounts/{ACCOUNT}"

    def step(self, name: str, act: Callable[[], Any]) -> Any:
        begun = time.monotonic()
        try:
            result = act()
            shown = render(result)
        except Exception as error:  # noqa: BLE001 - the test judges what a user would see
            result = None
            shown = {"error": describe(error)}
        self.seen[name] = shown
        self.seen.setdefault("seconds", {})[name] = round(time.monotonic() - begun, 2)
        return result

    def call_claude(self, *, deployment: str = DEPLOYMENT, **credential: Any) -> str:
        """Asks the new resource, by its host name at Azure."""
        host = {"host": f"{ACCOUNT}.services.ai.azure.com"}
        client = anthropic.AnthropicFoundry(
            base_url=self.settings["base_url"], max_retries=0, default_headers=host, **credential
        )
        with client:
            message = client.messages.create(
                model=deployment, max_tokens=64, messages=[{"role": "user", "content": "Hello!"}]
            )
        return message.content[0].text

    def run(self) -> dict[str, Any]:
        self.create()
        self.use_keys()
        self.use_a_role()
        self.look_around()
        self.meet_refusals()
        self.delete_and_recover()
        return self.seen

    def create(self) -> None:
        groups, accounts = self.resources.resource_groups, self.cognitive.accounts
        self.step("group", lambda: groups.create_or_update(GROUP, {"location": LOCATION, "tags": {"team": "a"}}))
        self.step("group exists", lambda: groups.check_existence(GROUP))
        self.step("group of no name exists", lambda: groups.check_existence("no-such-group"))
        self.step("name is free", self._check_domain)
        self.step("account", lambda: accounts.begin_create(GROUP, ACCOUNT, self._account()).result())
        self.step("name is free no more", self._check_domain)
        self.step("deployment", lambda: self._deploy().result())

    def _check_domain(self) -> Any:
        return self.cognitive.check_domain_availability(ACCOUNT, "Microsoft.CognitiveServices/accounts")

    def _account(self, **properties: Any) -> Any:
        return cognitive_models.Account(
            location=LOCATION,
            kind="AIServices",
            sku=cognitive_models.Sku(name="S0"),
            identity=cognitive_models.Identity(type="SystemAssigned"),
            tags={"purpose": "contract"},
            properties=cognitive_models.AccountProperties(
                custom_sub_domain_name=ACCOUNT, allow_project_management=True, **properties
            ),
        )

    def _deploy(self) -> Any:
        model = cognitive_models.DeploymentModel(format="Anthropic", name="claude-sonnet-4-5", version="20250929")
        deployment = cognitive_models.Deployment(
            sku=cognitive_models.Sku(name="GlobalStandard", capacity=10),
            properties=cognitive_models.DeploymentProperties(model=model),
        )
        return self.cognitive.deployments.begin_create_or_update(GROUP, ACCOUNT, DEPLOYMENT, deployment)

    def use_keys(self) -> None:
        keys = self.step("keys", lambda: self.cognitive.accounts.list_keys(GROUP, ACCOUNT))
        self.step("call with key 1", lambda: self.call_claude(api_key=keys.key1))
        self.step("call with key 2", lambda: self.call_claude(api_key=keys.key2))
        self.step("call of no deployment", lambda: self.call_claude(api_key=keys.key1, deployment="another"))
        new = self.step("new key 1", lambda: self.cognitive.accounts.regenerate_key(GROUP, ACCOUNT, "Key1"))
        self.step("call with new key 1", lambda: self.call_claude(api_key=new.key1))
        self.step("call with old key 1", lambda: self.call_claude(api_key=keys.key1))
        self.step("call with key 2 again", lambda: self.call_claude(api_key=keys.key2))

    def use_a_role(self) -> None:
        provider = identity.get_bearer_token_provider(self.caller, DATA)
        roles, assignments = self.authorization.role_definitions, self.authorization.role_assignments

        def call() -> str:
            return self.call_claude(azure_ad_token_provider=provider)

        def find() -> Any:
            return list(roles.list(self.scope, filter="roleName eq 'Cognitive Services User'"))[0]

        def assign() -> Any:
            parameters = {
                "role_definition_id": find().id,
                "principal_id": self.settings["caller"]["object_id"],
                "principal_type": "ServicePrincipal",
            }
            return assignments.create(self.scope, ASSIGNMENT, parameters)

        self.step("call without a role", call)
        self.step("role", find)
        self.step("role assigned", assign)
        self.step("call with a role", call)
        self.step(
            "roles of the caller",
            lambda: [
                entry.name
                for entry in assignments.list_for_scope(
                    self.scope, filter=f"principalId eq '{self.settings['caller']['object_id']}'"
                )
            ],
        )
        self.step("role removed", lambda: assignments.delete(self.scope, ASSIGNMENT))
        self.step("seconds until it is gone", lambda: self._wait_until_refused(call))
        self.step("call with a removed role", call)

    def _wait_until_refused(self, call: Callable[[], str]) -> float:
        begun = time.monotonic()
        while time.monotonic() < begun + 5:
            try:
                call()
            except anthropic.PermissionDeniedError:
                return time.monotonic() - begun
        raise AssertionError("the removed role still works after 5 s")

    def look_around(self) -> None:
        accounts, deployments = self.cognitive.accounts, self.cognitive.deployments
        self.step("get", lambda: accounts.get(GROUP, ACCOUNT))
        self.step("list in group", lambda: [entry.name for entry in accounts.list_by_resource_group(GROUP)])
        self.step("list", lambda: sorted(entry.name for entry in accounts.list()))
        self.step("list deployments", lambda: [entry.name for entry in deployments.list(GROUP, ACCOUNT)])
        patch = cognitive_models.PatchResourceTagsAndSku(
            tags={"stage": "test"}, sku=cognitive_models.Sku(name="GlobalStandard", capacity=25)
        )
        self.step("deployment updated", lambda: deployments.begin_update(GROUP, ACCOUNT, DEPLOYMENT, patch).result())
        self.step(
            "account models",
            lambda: sorted(
                {entry.name for entry in accounts.list_models(GROUP, ACCOUNT) if entry.format == "Anthropic"}
            ),
        )
        self.step("models", lambda: len(list(self.cognitive.models.list(LOCATION))))
        self.step("usages", lambda: len(list(self.cognitive.usages.list(LOCATION))))
        self.step("account usages", lambda: len(list(accounts.list_usages(GROUP, ACCOUNT).value or [])))
        self.step("skus", lambda: len(list(self.cognitive.resource_skus.list())))
        self.step(
            "model capacities",
            lambda: len(list(self.cognitive.model_capacities.list("Anthropic", "claude-sonnet-4-5", "20250929"))),
        )
        self.step(
            "resources", lambda: [entry.name for entry in self.resources.resources.list_by_resource_group(GROUP)]
        )
        self.step("groups", lambda: sorted(group.name for group in self.resources.resource_groups.list()))
        self.step(
            "groups, one a page", lambda: sorted(group.name for group in self.resources.resource_groups.list(top=1))
        )
        self.step("providers", lambda: self.resources.providers.get("Microsoft.CognitiveServices").namespace)
        project = {"location": LOCATION, "properties": {"displayName": "First"}}
        self.step("project", lambda: self.cognitive.projects.begin_create(GROUP, ACCOUNT, "first", project).result())
        self.step("projects", lambda: [entry.name for entry in self.cognitive.projects.list(GROUP, ACCOUNT)])

    def meet_refusals(self) -> None:
        accounts = self.cognitive.accounts
        self.step("get of no account", lambda: accounts.get(GROUP, "no-such-account"))
        etag = self.seen["get"].get("etag")
        tags = cognitive_models.Account(tags={"etag": "right"})
        for name, value in (("stale", '"no-such-etag"'), ("right", etag)):
            headers = {"If-Match": value or ""}
            self.step(
                f"update with the {name} etag",
                lambda headers=headers: accounts.begin_update(GROUP, ACCOUNT, tags, headers=headers).result(),
            )
        reading = self._connect(CognitiveServices, self.reader)
        self.step("reader gets", lambda: reading.accounts.get(GROUP, ACCOUNT).name)
        self.step("reader lists keys", lambda: reading.accounts.list_keys(GROUP, ACCOUNT))
        self.step("reader deletes", lambda: reading.accounts.begin_delete(GROUP, ACCOUNT).result())

    def delete_and_recover(self) -> None:
        accounts, deleted = self.cognitive.accounts, self.cognitive.deleted_accounts
        keys = self.step("keys before", lambda: accounts.list_keys(GROUP, ACCOUNT))
        self.step("deployment deleted", lambda: self._delete_deployment("second"))
        self.step("account deleted", lambda: accounts.begin_delete(GROUP, ACCOUNT).result())
        self.step("call of a deleted account", lambda: self.call_claude(api_key=keys.key1))
        self.step("deleted", lambda: deleted.get(LOCATION, GROUP, ACCOUNT))
        self.step("all deleted", lambda: [entry.name for entry in deleted.list()])
        self.step("created again", lambda: accounts.begin_create(GROUP, ACCOUNT, self._account()).result())
        restored = self._account(restore=True)
        self.step("recovered", lambda: accounts.begin_create(GROUP, ACCOUNT, restored).result())
        self.step("call of a recovered account", lambda: self.call_claude(api_key=keys.key1))
        self.step("deleted again", lambda: accounts.begin_delete(GROUP, ACCOUNT).result())
        self.step("purged", lambda: deleted.begin_purge(LOCATION, GROUP, ACCOUNT).result())
        self.step("deleted after purge", lambda: deleted.get(LOCATION, GROUP, ACCOUNT))
        self.step("group deleted", lambda: self.resources.resource_groups.begin_delete(GROUP).result())
        self.step("group still exists", lambda: self.resources.resource_groups.check_existence(GROUP))

    def _delete_deployment(self, name: str) -> list[str]:
        """One that was made for it. What is left."""
        deployments = self.cognitive.deployments
        deployment = deployments.get(GROUP, ACCOUNT, DEPLOYMENT)
        model = cognitive_models.DeploymentProperties(model=deployment.properties.model)
        body = cognitive_models.Deployment(sku=deployment.sku, properties=model)
        deployments.begin_create_or_update(GROUP, ACCOUNT, name, body).result()
        deployments.begin_delete(GROUP, ACCOUNT, name).result()
        return [entry.name for entry in deployments.list(GROUP, ACCOUNT)]


def render(result: Any) -> Any:
    """As it is on the wire."""
    if hasattr(result, "serialize"):
        return result.serialize(keep_readonly=True)
    return result.as_dict() if hasattr(result, "as_dict") else result


def describe(error: Exception) -> dict[str, Any]:
    return {
        "type": type(error).__name__,
        "status": getattr(error, "status_code", None),
        "code": getattr(getattr(error, "error", None), "code", None),
        "message": str(error),
    }


def main() -> None:
    scenario = Scenario(json.load(sys.stdin))
    json.dump(scenario.run(), sys.stdout, default=str)


if __name__ == "__main__":
    main()
