package storage_failover.edge_test

import data.storage_failover.edge

stack := data.testdata.edge

balancer := "/resource/cloudflare_load_balancer/edge"

pool := "/resource/cloudflare_load_balancer_pool/secondary"

monitor := "/resource/cloudflare_load_balancer_monitor/secondary"

backend := "/terraform/backend/s3"

changed(path, value) := json.patch(stack, [{"op": "add", "path": path, "value": value}])

without(path) := json.patch(stack, [{"op": "remove", "path": path}])

test_a_good_edge_keeps_every_rule if count(edge.violations) == 0 with input as stack

test_a_stack_without_a_load_balancer_is_no_edge if {
	count(edge.violations) == 0 with input as {"resource": {"aws_sns_topic": {"alarms": {}}}}
}

test_edge_only_cloudflare_resource if {
	plan := changed("/resource/aws_sns_topic", {"alarms": {}})
	edge.violations == {{"rule": "edge-only-cloudflare", "address": "aws_sns_topic.alarms"}} with input as plan
}

test_edge_only_cloudflare_data if {
	plan := changed("/data", {"digitalocean_droplet": {"standby": {}}})
	edge.violations == {{"rule": "edge-only-cloudflare", "address": "data.digitalocean_droplet.standby"}} with input as plan
}

test_edge_only_cloudflare_provider if {
	plan := changed("/provider/aws", [{}])
	edge.violations == {{"rule": "edge-only-cloudflare", "address": "provider.aws"}} with input as plan
}

test_edge_only_cloudflare_allows_what_is_built_in if {
	count(edge.violations) == 0 with input as changed("/resource/terraform_data", {"generation": {}})
}

test_edge_no_remote_state if {
	plan := changed("/data", {"terraform_remote_state": {"primary": {}}})
	address := "data.terraform_remote_state.primary"
	edge.violations == {{"rule": "edge-no-remote-state", "address": address}} with input as plan
}

backend_violation := {{"rule": "edge-backend-outside-aws", "address": "terraform.backend.s3"}}

test_edge_backend_without_an_endpoint if {
	edge.violations == backend_violation with input as without(sprintf("%s/endpoints", [backend]))
}

test_edge_backend_at_aws if {
	plan := changed(sprintf("%s/endpoints/s3", [backend]), "https://s3.eu-west-1.amazonaws.com")
	edge.violations == backend_violation with input as plan
}

test_edge_backend_that_asks_aws if {
	plan := changed(sprintf("%s/skip_requesting_account_id", [backend]), false)
	edge.violations == backend_violation with input as plan
}

test_edge_backend_locked_in_dynamodb if {
	edge.violations == backend_violation with input as changed(sprintf("%s/dynamodb_table", [backend]), "locks")
}

test_edge_backend_elsewhere if {
	count(edge.violations) == 0 with input as changed("/terraform/backend", {"remote": {"organization": "team"}})
}

test_load_balancer_two_pools if {
	plan := changed(sprintf("%s/default_pools", [balancer]), [stack.resource.cloudflare_load_balancer.edge.fallback_pool])
	edge.violations == {{
		"rule": "load-balancer-two-pools",
		"address": "cloudflare_load_balancer.edge",
	}} with input as plan
}

test_load_balancer_proxied if {
	expected := {{"rule": "load-balancer-proxied", "address": "cloudflare_load_balancer.edge"}}
	edge.violations == expected with input as without(sprintf("%s/proxied", [balancer]))
	edge.violations == expected with input as changed(sprintf("%s/proxied", [balancer]), false)
}

test_fallback_is_active_pool if {
	plan := changed(sprintf("%s/fallback_pool", [balancer]), "${cloudflare_load_balancer_pool.secondary.id}")
	edge.violations == {{
		"rule": "fallback-is-active-pool",
		"address": "cloudflare_load_balancer.edge",
	}} with input as plan
}

test_marker_names_active_pool if {
	plan := changed("/resource/cloudflare_dns_record/marker/content", "\"active=secondary;writes=paused\"")
	edge.violations == {{
		"rule": "marker-names-active-pool",
		"address": "cloudflare_dns_record.marker",
	}} with input as plan
}

test_marker_may_pause_writes if {
	count(edge.violations) == 0 with input as changed(
		"/resource/cloudflare_dns_record/marker/content",
		"\"active=primary;writes=paused\"",
	)
}

test_other_text_records_are_no_markers if {
	count(edge.violations) == 0 with input as changed("/resource/cloudflare_dns_record/other", {
		"type": "TXT",
		"content": "\"v=spf1 -all\"",
	})
}

pool_violation(rule) := {{"rule": rule, "address": "cloudflare_load_balancer_pool.secondary"}}

test_pool_monitored if {
	edge.violations == pool_violation("pool-monitored") with input as without(sprintf("%s/monitor", [pool]))
}

test_pool_one_origin if {
	plan := changed(sprintf("%s/origins/-", [pool]), {"name": "spare"})
	edge.violations == pool_violation("pool-one-origin") with input as plan
}

monitor_violation(rule) := {{"rule": rule, "address": "cloudflare_load_balancer_monitor.secondary"}}

test_monitor_expects_content if {
	expected := monitor_violation("monitor-expects-content")
	edge.violations == expected with input as without(sprintf("%s/expected_codes", [monitor]))
	edge.violations == expected with input as changed(sprintf("%s/expected_body", [monitor]), "")
}

test_monitor_over_tls if {
	expected := monitor_violation("monitor-over-tls")
	edge.violations == expected with input as changed(sprintf("%s/type", [monitor]), "tcp")
	edge.violations == expected with input as changed(sprintf("%s/allow_insecure", [monitor]), true)
}

test_terraform_s_own_plan_keeps_every_rule if count(edge.violations) == 0 with input as data.testdata.edge_plan

test_terraform_s_own_plan_shows_a_missing_monitor if {
	some index, resource in data.testdata.edge_plan.configuration.root_module.resources
	resource.address == "cloudflare_load_balancer_pool.secondary"
	path := sprintf("/configuration/root_module/resources/%d/expressions/monitor", [index])
	plan := json.patch(data.testdata.edge_plan, [{"op": "remove", "path": path}])
	edge.violations == pool_violation("pool-monitored") with input as plan
}

test_terraform_s_own_plan_shows_a_marker_that_lags_behind if {
	plan := json.patch(data.testdata.edge_plan, [{
		"op": "replace",
		"path": "/planned_values/root_module/resources/0/values/content",
		"value": "\"active=primary\"",
	}])
	edge.violations == {{
		"rule": "marker-names-active-pool",
		"address": "cloudflare_dns_record.marker",
	}} with input as plan
}
