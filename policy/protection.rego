# METADATA
# title: Protection
# description: Terraform refuses to destroy what holds the objects and what serves the readers.
# scope: package
package storage_failover.protection

import data.storage_failover.plan

precious_types := {"aws_s3_bucket", "digitalocean_volume", "cloudflare_load_balancer"}

# METADATA
# title: protected-from-destroy
# description: prevent_destroy is set. Terraform's own plan does not show that; there, nothing precious is destroyed.
violations contains {"rule": "protected-from-destroy", "address": resource.address} if {
	not plan.is_terraform_plan
	some type in precious_types
	some resource in plan.of_type(type)
	not is_protected(resource)
}

violations contains {"rule": "protected-from-destroy", "address": change.address} if {
	plan.is_terraform_plan
	some change in object.get(input, "resource_changes", [])
	change.type in precious_types
	"delete" in change.change.actions
}

is_protected(resource) if {
	some lifecycle in plan.blocks(resource.values, "lifecycle")
	lifecycle.prevent_destroy == true
}
