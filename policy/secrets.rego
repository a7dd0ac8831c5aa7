# METADATA
# title: Secrets
# description: >-
#   No secret stands in a plan as text. Of Terraform's own plan only the configuration is searched: its values hold every
#   secret that a variable gave it, which is why such a plan is itself to be kept secret.
# scope: package
package storage_failover.secrets

import data.storage_failover.plan

# What keys of well-known services look like, wherever they stand.
key_shapes := [
	`(AKIA|ASIA)[0-9A-Z]{16}`,
	`-----BEGIN [A-Z ]*PRIVATE KEY`,
	`dop_v1_[0-9a-f]{16}`,
	`gh[opsu]_[0-9A-Za-z]{20}`,
	`xox[abprs]-[0-9A-Za-z-]{10}`,
	`hooks\.slack\.com/services/T[0-9A-Z]+/B[0-9A-Z]+/[0-9A-Za-z]+`,
]

# Arguments and variables whose value is a secret. Names of secrets, as in `…_SECRET` and `secret_id`, are none.
secret_keys := concat("", [
	`^(.*_)?(password|passwd|secret|secret_string|secret_binary|secret_key|access_key|private_key|`,
	`client_secret|token|api_key|auth_token)$|`,
	`(PASSWORD|TOKEN|SECRET_ACCESS_KEY|PRIVATE_KEY|API_KEY|CLIENT_SECRET)$`,
])

# Headers that carry a secret: what the stores know the edge by, and what everybody knows callers by.
secret_headers := `(?i)^(aws:)?(referer|authorization|cookie)$`

# METADATA
# title: no-literal-secrets
# description: A finding names the block in which the secret stands, never the value.
violations contains {"rule": "no-literal-secrets", "address": part.address} if {
	some part in texts
	is_secret(part)
}

violations contains {"rule": "no-literal-secrets", "address": sprintf("variable.%s", [name])} if {
	some name, variable in variables
	variable.sensitive == true
	not is_null(object.get(variable, "default", null))
}

is_secret(part) if {
	some shape in key_shapes
	regex.match(shape, part.text)
}

is_secret(part) if {
	names_a_secret(part.path)
	part.text != ""
	not plan.has_reference(part.text)
}

names_a_secret(path) if regex.match(secret_keys, path[count(path) - 1])

names_a_secret(path) if regex.match(secret_headers, path[count(path) - 1])

names_a_secret(path) if {
	path[count(path) - 1] == "value"
	regex.match(secret_headers, path[count(path) - 2])
}

# Each text of the plan with the keys that lead to it, without positions in lists.
texts contains part if {
	some part in whole_texts
	not part.path[0] == "//"
}

texts contains {"address": part.address, "path": keys, "text": text} if {
	some part in whole_texts
	part.path[count(part.path) - 1] == "policy"
	json.is_valid(part.text)
	policy := json.unmarshal(part.text)
	is_object(policy)
	walk(policy, [path, text])
	is_string(text)
	keys := array.concat(part.path, named_keys(path))
}

whole_texts contains {"address": address_of(keys), "path": keys, "text": text} if {
	not plan.is_terraform_plan
	walk(input, [path, text])
	is_string(text)
	keys := named_keys(path)
}

whole_texts contains {"address": address, "path": keys, "text": text} if {
	plan.is_terraform_plan
	some address, configured in plan.configured_resources
	walk(configured.expressions, [path, text])
	is_string(text)
	"constant_value" in path
	keys := named_keys(path)
}

whole_texts contains {"address": sprintf("provider.%s", [name]), "path": keys, "text": text} if {
	plan.is_terraform_plan
	some name, configured in plan.configuration.provider_config
	walk(object.get(configured, "expressions", {}), [path, text])
	is_string(text)
	"constant_value" in path
	keys := named_keys(path)
}

variables := object.get(input, "variable", {}) if not plan.is_terraform_plan

variables := object.get(object.get(plan.configuration, "root_module", {}), "variables", {}) if plan.is_terraform_plan

named_keys(path) := [key | some key in path; is_string(key); key != "constant_value"]

# As Terraform names it: two parts for a resource, three for a data source, else the section and what stands in it.
address_of(keys) := concat(".", array.slice(keys, 1, 3)) if keys[0] == "resource"

address_of(keys) := concat(".", array.slice(keys, 0, 3)) if keys[0] in {"data", "terraform"}

address_of(keys) := concat(".", array.slice(keys, 0, 2)) if not keys[0] in {"resource", "data", "terraform"}
