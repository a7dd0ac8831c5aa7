package storage_failover.flip_test

import data.storage_failover.flip

balancer := "cloudflare_load_balancer.edge"

# Terraform's own plan of a flip, with one change more.
changed(patch) := json.patch(data.testdata.edge_plan, [patch])

found(rule, address) if {
	{[violation.rule, violation.address] | some violation in flip.violations} == {[rule, address]}
}

test_a_flip_is_a_flip if count(flip.violations) == 0 with input as data.testdata.edge_plan

test_flip_in_place if {
	every actions in [["create"], ["delete"], ["delete", "create"], ["create", "delete"]] {
		plan := changed({"op": "replace", "path": "/resource_changes/1/change/actions", "value": actions})
		found("flip-in-place", balancer) with input as plan
	}
}

test_flip_order_only if {
	plan := changed({"op": "replace", "path": "/resource_changes/1/change/after/steering_policy", "value": "random"})
	found("flip-order-and-marker-only", balancer) with input as plan
}

test_flip_of_a_configured_argument_to_something_unknown if {
	plan := changed({"op": "add", "path": "/resource_changes/1/change/after_unknown/name", "value": true})
	found("flip-order-and-marker-only", balancer) with input as plan
}

test_flip_marker_content_only if {
	plan := changed({"op": "replace", "path": "/resource_changes/0/change/after/ttl", "value": 300})
	found("flip-order-and-marker-only", "cloudflare_dns_record.marker") with input as plan
}

test_flip_changes_no_monitor if {
	plan := json.patch(data.testdata.edge_plan, [
		{"op": "replace", "path": "/resource_changes/2/change/actions", "value": ["update"]},
		{"op": "add", "path": "/resource_changes/2/change/after/interval", "value": 120},
	])
	found("flip-order-and-marker-only", "cloudflare_load_balancer_monitor.primary") with input as plan
}

synthesized(patches) := {"before": data.testdata.edge, "after": json.patch(data.testdata.edge, patches)}

test_a_synthesized_flip if {
	count(flip.violations) == 0 with input as synthesized([
		{"op": "replace", "path": "/resource/cloudflare_dns_record/marker/content", "value": "\"active=secondary\""},
		{"op": "replace", "path": "/output/active_store/value", "value": "secondary"},
	])
}

test_a_synthesized_flip_adds_nothing if {
	found("flip-in-place", "cloudflare_ruleset.new") with input as synthesized([{
		"op": "add",
		"path": "/resource/cloudflare_ruleset",
		"value": {"new": {}},
	}])
}

test_a_synthesized_flip_changes_no_provider if {
	found("flip-order-and-marker-only", "provider") with input as synthesized([{
		"op": "replace",
		"path": "/provider",
		"value": {},
	}])
}

test_a_synthesized_flip_adds_no_output if {
	found("flip-order-and-marker-only", "output.new") with input as synthesized([{
		"op": "add",
		"path": "/output/new",
		"value": {"value": "x"},
	}])
}
