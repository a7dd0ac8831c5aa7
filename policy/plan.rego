# METADATA
# title: Reading a plan
# description: >-
#   One view of the two kinds of input: a stack as CDKTF synthesized it (cdk.tf.json), and Terraform's own plan
#   (terraform show -json). Rules ask this package and need not know which of the two they judge.
# scope: package
package storage_failover.plan

# METADATA
# description: Whether the input is Terraform's own plan; in it, references are resolved where they can be.
is_terraform_plan if input.planned_values

# METADATA
# description: The managed resources, each with its type, address and values.
resources contains resource if {
	not is_terraform_plan
	some type, named in input.resource
	is_object(named)
	some name, values in named
	resource := {"type": type, "address": sprintf("%s.%s", [type, name]), "values": object_or_empty(values)}
}

resources contains resource if {
	is_terraform_plan
	walk(input.planned_values.root_module, [_, module])
	is_object(module)
	some planned in object.get(module, "resources", [])
	planned.mode == "managed"
	resource := {"type": planned.type, "address": planned.address, "values": planned.values}
}

# METADATA
# description: The data sources, each with its type and address.
data_sources contains source if {
	not is_terraform_plan
	some type, named in input.data
	is_object(named)
	some name, _ in named
	source := {"type": type, "address": sprintf("data.%s.%s", [type, name])}
}

data_sources contains source if {
	is_terraform_plan
	some address, configured in configured_resources
	configured.mode == "data"
	source := {"type": configured.type, "address": address}
}

# METADATA
# description: Names of the providers that must be installed or are configured.
providers contains name if some name, _ in object.get(object.get(input, "terraform", {}), "required_providers", {})

providers contains name if {
	not is_terraform_plan
	some name, _ in input.provider
}

providers contains configured.name if some configured in object.get(configuration, "provider_config", {})

# METADATA
# description: The resources of one type.
of_type(type) := {resource | some resource in resources; resource.type == type}

# METADATA
# description: Addresses that an argument of a resource refers to, in their order.
references(resource, argument) := addresses_in(object.get(resource.values, argument, null)) if {
	not is_terraform_plan
}

references(resource, argument) := addresses if {
	is_terraform_plan
	configured := object.get(configured_resources, base(resource.address), {})
	expression := object.get(object.get(configured, "expressions", {}), argument, null)
	prefix := object.get(configured, "prefix", "")
	addresses := [sprintf("%s%s", [prefix, reference]) |
		walk(expression, [_, node])
		is_object(node)
		some reference in object.get(node, "references", [])
		regex.match(`^[a-z0-9]+(_[a-z0-9]+)+\.[A-Za-z0-9_-]+$`, reference)
	]
}

# METADATA
# description: The address without the keys of count and for_each.
base(address) := regex.replace(address, `\[[^\]]*\]`, "")

# METADATA
# description: A list, where one of its kind may stand alone, or none at all.
list(value) := value if is_array(value)

list(value) := [value] if {
	not is_array(value)
	not is_null(value)
}

list(null) := []

# METADATA
# description: The objects among the values of an argument. A nested block is written once, or as a list of some.
blocks(values, argument) := [block |
	some block in list(object.get(values, argument, null))
	is_object(block)
]

# METADATA
# description: The object, or an empty one in the place of anything else.
object_or_empty(value) := value if is_object(value)

object_or_empty(value) := {} if not is_object(value)

# METADATA
# description: Whether Terraform fills in a part of the text, which is then not known yet.
has_reference(text) if contains(replace(text, "$${", ""), "${")

# METADATA
# description: The text of an argument. Undefined where it has none, or an empty one.
written(values, argument) := values[argument] if {
	is_string(values[argument])
	values[argument] != ""
}

# METADATA
# description: Terraform's configuration as the plan shows it; empty for a synthesized stack.
configuration := object.get(input, "configuration", {})

# METADATA
# description: Resources and data sources as they are configured, by their address, in modules too.
configured_resources[address] := object.union(resource, {"prefix": prefix}) if {
	walk(object.get(configuration, "root_module", {}), [path, module])
	every index, key in path {
		expected_module_key(index, key)
	}
	some resource in object.get(module, "resources", [])
	prefix := concat("", [sprintf("module.%s.", [key]) | some index, key in path; index % 3 == 1])
	address := sprintf("%s%s", [prefix, resource.address])
}

expected_module_key(index, "module_calls") if index % 3 == 0

expected_module_key(index, _) if index % 3 == 1

expected_module_key(index, "module") if index % 3 == 2

addresses_in(value) := [address |
	some text in texts_in(value)
	some template in regex.find_n(`\$\{[^}]*\}`, replace(text, "$${", ""), -1)
	some address in regex.find_n(`[a-z0-9]+(_[a-z0-9]+)+\.[A-Za-z0-9_-]+`, template, -1)
]

texts_in(value) := [text |
	walk(value, [_, text])
	is_string(text)
]
