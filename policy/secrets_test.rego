package storage_failover.secrets_test

import data.storage_failover.secrets

changed(path, value) := json.patch(data.testdata.edge, [{"op": "add", "path": path, "value": value}])

found(address) if {{"rule": "no-literal-secrets", "address": address}} == secrets.violations

test_references_are_no_secrets if {
	every stack in ["edge", "primary", "secondary", "edge_plan", "primary_plan"] {
		count(secrets.violations) == 0 with input as data.testdata[stack]
	}
}

# Put together here, so that no scanner takes it for a key.
key_like := concat("", ["AK", "IA", "0123456789ABCDEF"])

test_key_shapes_are_found_wherever_they_stand if {
	plan := changed("/output/active_store/value", sprintf("the key is %s", [key_like]))
	found("output.active_store") with input as plan
}

test_secret_arguments if {
	found("provider.cloudflare") with input as changed("/provider/cloudflare/0/api_token", "hunter2")
	found("terraform.backend.s3") with input as changed("/terraform/backend/s3/secret_key", "hunter2")
	found("aws_secretsmanager_secret_version.v") with input as changed(
		"/resource/aws_secretsmanager_secret_version",
		{"v": {"secret_string": "hunter2"}},
	)
}

test_secret_arguments_may_refer if {
	plan := changed("/provider/cloudflare/0/api_token", "${var.cloudflare_token}")
	count(secrets.violations) == 0 with input as plan
}

test_names_of_secrets_are_no_secrets if {
	plan := changed("/resource/aws_lambda_function", {"f": {"environment": {"variables": {
		"SECONDARY_CREDENTIALS_SECRET": "storage-failover/assets",
		"secret_id": "storage-failover/assets",
	}}}})
	count(secrets.violations) == 0 with input as plan
}

test_secret_headers if {
	monitor := "cloudflare_load_balancer_monitor.primary"
	found(monitor) with input as changed(
		"/resource/cloudflare_load_balancer_monitor/primary/header/Referer",
		["hunter2"],
	)
	headers := {"Referer": {"operation": "set", "value": "hunter2"}}
	found("cloudflare_ruleset.r") with input as changed("/resource/cloudflare_ruleset", {"r": {"headers": headers}})
}

test_secret_headers_may_be_removed if {
	headers := {"Referer": {"operation": "remove"}}
	plan := changed("/resource/cloudflare_ruleset", {"r": {"headers": headers}})
	count(secrets.violations) == 0 with input as plan
}

test_secrets_inside_a_policy if {
	policy := json.marshal({"Statement": [{"Condition": {"StringEquals": {"aws:Referer": ["hunter2"]}}}]})
	found("aws_s3_bucket_policy.p") with input as changed("/resource/aws_s3_bucket_policy", {"p": {"policy": policy}})
}

test_sensitive_variables_have_no_default if {
	found("variable.origin_secret") with input as changed("/variable/origin_secret/default", "hunter2")
}

test_terraform_s_own_plan_is_searched_where_it_shows_the_configuration if {
	plan := json.patch(data.testdata.edge_plan, [{
		"op": "add",
		"path": "/configuration/provider_config/cloudflare/expressions/api_token",
		"value": {"constant_value": "hunter2"},
	}])
	found("provider.cloudflare") with input as plan
}
