# METADATA
# title: The flip
# description: >-
#   A plan that changes `activeProvider` and nothing else. The input is Terraform's own plan of a stack, or the stack's
#   synthesized JSON before and after: {"before": …, "after": …}. A stack without a load balancer may not change at all.
# scope: package
package storage_failover.flip

import data.storage_failover.plan
import data.storage_failover.rules

changed_by_a_flip := {
	"cloudflare_load_balancer": {"default_pools", "fallback_pool", "region_pools"},
	"cloudflare_dns_record": {"content"},
}

# METADATA
# entrypoint: true
violations contains object.union(found, {"message": rules.message(found)}) if some found in all_found

# METADATA
# description: What conftest asks for, with `--namespace storage_failover.flip`.
deny contains {"msg": violation.message, "rule": violation.rule, "address": violation.address} if {
	some violation in violations
}

# METADATA
# title: flip-in-place
# description: Nothing is created, removed or replaced.
all_found contains {"rule": "flip-in-place", "address": change.address} if {
	some change in input.resource_changes
	not change.change.actions in [["no-op"], ["read"], ["update"]]
}

all_found contains {"rule": "flip-in-place", "address": address} if {
	some address in (object.keys(before) | object.keys(after))
	not both_have(address)
}

# METADATA
# title: flip-order-and-marker-only
# description: Only the order of the pools, the fallback pool, the marker's content, and values of outputs.
all_found contains {"rule": "flip-order-and-marker-only", "address": change.address} if {
	some change in input.resource_changes
	change.change.actions == ["update"]
	some argument in changed_arguments(change)
	not argument in object.get(changed_by_a_flip, change.type, set())
}

all_found contains {"rule": "flip-order-and-marker-only", "address": address} if {
	both_have(address)
	some argument in changed_keys(before[address].values, after[address].values)
	not argument in object.get(changed_by_a_flip, before[address].type, set())
}

all_found contains {"rule": "flip-order-and-marker-only", "address": section} if {
	some section in changed_keys(input.before, input.after)
	not section in {"resource", "output", "//"}
}

all_found contains {"rule": "flip-order-and-marker-only", "address": sprintf("output.%s", [name])} if {
	some name in changed_keys(outputs(input.before), outputs(input.after))
}

# Providers show what they compute themselves as changed along with the rest: that is no change of ours.
changed_arguments(change) := {argument |
	some argument in changed_keys(
		plan.object_or_empty(change.change.before),
		plan.object_or_empty(change.change.after),
	)
	not is_computed(change, argument)
} | {argument |
	some argument, unknown in plan.object_or_empty(object.get(change.change, "after_unknown", {}))
	unknown == true
	not is_computed(change, argument)
}

is_computed(change, argument) if {
	change.change.after_unknown[argument] == true
	configured := plan.configured_resources[plan.base(change.address)]
	not configured.expressions[argument]
}

before := by_address(input.before)

after := by_address(input.after)

both_have(address) if {
	before[address]
	after[address]
}

by_address(stack) := {address: {"type": type, "values": values} |
	some type, named in object.get(stack, "resource", {})
	is_object(named)
	some name, values in named
	address := sprintf("%s.%s", [type, name])
}

# Outputs without their values, which a flip may change.
outputs(stack) := {name: object.remove(output, ["value"]) | some name, output in object.get(stack, "output", {})}

changed_keys(old, new) := {key |
	some key in (object.keys(old) | object.keys(new))
	object.get(old, key, null) != object.get(new, key, null)
}
