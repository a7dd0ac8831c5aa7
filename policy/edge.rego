# METADATA
# title: The edge
# description: >-
#   The stack that holds the load balancer needs nobody but Cloudflare, so that it can be flipped while every other cloud
#   is down; and it sends readers to a healthy store.
# scope: package
package storage_failover.edge

import data.storage_failover.plan

is_edge if count(load_balancers) > 0

load_balancers := plan.of_type("cloudflare_load_balancer")

pools := plan.of_type("cloudflare_load_balancer_pool")

monitors := plan.of_type("cloudflare_load_balancer_monitor")

# METADATA
# title: edge-only-cloudflare
# description: No resource, data source or provider but Cloudflare's, and what is built into Terraform.
violations contains {"rule": "edge-only-cloudflare", "address": part.address} if {
	is_edge
	some part in ((plan.resources | plan.data_sources) | providers)
	not split(part.type, "_")[0] in {"cloudflare", "terraform"}
}

providers contains {"type": name, "address": sprintf("provider.%s", [name])} if some name in plan.providers

# METADATA
# title: edge-no-remote-state
# description: The edge reads no other stack's state.
violations contains {"rule": "edge-no-remote-state", "address": source.address} if {
	is_edge
	some source in plan.data_sources
	source.type == "terraform_remote_state"
}

# METADATA
# title: edge-backend-outside-aws
# description: Reading the edge's state takes no answer from AWS. Terraform's own plan does not show the backend.
violations contains {"rule": "edge-backend-outside-aws", "address": "terraform.backend.s3"} if {
	is_edge
	is_object(input.terraform.backend.s3)
	backend_needs_aws(input.terraform.backend.s3)
}

backend_needs_aws(backend) if not endpoint_of(backend)

backend_needs_aws(backend) if regex.match(
	`^(https?://)?([^/]*\.)?(amazonaws\.com(\.cn)?|api\.aws)(:\d+)?(/|$)`,
	endpoint_of(backend),
)

backend_needs_aws(backend) if plan.written(backend, "dynamodb_table")

backend_needs_aws(backend) if {
	some check in [
		"skip_credentials_validation",
		"skip_metadata_api_check",
		"skip_region_validation",
		"skip_requesting_account_id",
	]
	not backend[check] == true
}

endpoint_of(backend) := endpoint if endpoint := plan.written(backend, "endpoint")

endpoint_of(backend) := endpoint if {
	not plan.written(backend, "endpoint")
	endpoint := plan.written(plan.object_or_empty(object.get(backend, "endpoints", null)), "s3")
}

# METADATA
# title: load-balancer-two-pools
# description: default_pools lists two pools of this plan, since the fallback pool's health is ignored.
violations contains {"rule": "load-balancer-two-pools", "address": balancer.address} if {
	some balancer in load_balancers
	listed := {address | some address in plan.references(balancer, "default_pools"); address in addresses(pools)}
	count(listed) < 2
}

# METADATA
# title: load-balancer-proxied
# description: Cloudflare's default is false, which exposes the origins and leaves failover to DNS caches.
violations contains {"rule": "load-balancer-proxied", "address": balancer.address} if {
	some balancer in load_balancers
	not balancer.values.proxied == true
}

# METADATA
# title: fallback-is-active-pool
# description: With no healthy pool, readers see the store that holds every acknowledged write.
violations contains {"rule": "fallback-is-active-pool", "address": balancer.address} if {
	some balancer in load_balancers
	not falls_back_to_first(balancer)
}

falls_back_to_first(balancer) if {
	plan.references(balancer, "default_pools")[0] == plan.references(balancer, "fallback_pool")[0]
}

# METADATA
# title: marker-names-active-pool
# description: The marker and the first pool name the same store.
violations contains {"rule": "marker-names-active-pool", "address": record.address} if {
	is_edge
	some record in plan.of_type("cloudflare_dns_record")
	record.values.type == "TXT"
	named := regex.find_all_string_submatch_n(`^"active=([a-z]+)`, record.values.content, 1)[0][1]
	not named in preferred_stores
}

preferred_stores contains origin.name if {
	some balancer in load_balancers
	first := plan.references(balancer, "default_pools")[0]
	some pool in pools
	plan.base(pool.address) == first
	some origin in plan.blocks(pool.values, "origins")
}

# METADATA
# title: pool-monitored
# description: A pool without a monitor is never known to be ill.
violations contains {"rule": "pool-monitored", "address": pool.address} if {
	is_edge
	some pool in pools
	referred := {address | some address in plan.references(pool, "monitor")}
	count(referred & addresses(monitors)) == 0
}

# METADATA
# title: pool-one-origin
# description: Cloudflare sorts a pool's origins by name; the order of stores is the order of pools.
violations contains {"rule": "pool-one-origin", "address": pool.address} if {
	is_edge
	some pool in pools
	count(plan.list(object.get(pool.values, "origins", null))) != 1
}

# METADATA
# title: monitor-expects-content
# description: A monitor compares the status and the body of a real object.
violations contains {"rule": "monitor-expects-content", "address": monitor.address} if {
	is_edge
	some monitor in monitors
	some argument in ["expected_codes", "expected_body"]
	not plan.written(monitor.values, argument)
}

# METADATA
# title: monitor-over-tls
# description: A monitor reads as readers do, over TLS with a certificate that is verified.
violations contains {"rule": "monitor-over-tls", "address": monitor.address} if {
	is_edge
	some monitor in monitors
	not probes_over_tls(monitor.values)
}

probes_over_tls(values) if {
	values.type == "https"
	not values.allow_insecure == true
}

addresses(resources) := {plan.base(resource.address) | some resource in resources}
