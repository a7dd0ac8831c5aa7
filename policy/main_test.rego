package storage_failover_test

import data.storage_failover

unprotected := json.patch(data.testdata.edge, [{
	"op": "remove",
	"path": "/resource/cloudflare_load_balancer/edge/lifecycle",
}])

exception := {
	"rule": "protected-from-destroy",
	"address": "cloudflare_load_balancer.edge",
	"reason": "a rehearsal",
}

test_every_good_stack_keeps_every_rule if {
	every stack in ["edge", "primary", "secondary", "edge_plan", "primary_plan"] {
		count(storage_failover.violations) == 0 with input as data.testdata[stack]
		count(storage_failover.deny) == 0 with input as data.testdata[stack]
	}
}

test_messages_say_what_where_why_and_what_to_change if {
	some violation in storage_failover.violations with input as unprotected
	startswith(violation.message, "[protected-from-destroy] at cloudflare_load_balancer.edge: Terraform may destroy")
	endswith(violation.message, "do not apply a plan that replaces it")
}

test_conftest_gets_a_message if {
	some denial in storage_failover.deny with input as unprotected
	startswith(denial.msg, "[protected-from-destroy]")
}

judged_with(exceptions) := found if {
	found := storage_failover.violations with input as unprotected with data.storage_failover_exceptions as exceptions
}

test_exceptions_count_where_they_are_meant if {
	count(judged_with([exception])) == 0
	count(judged_with([object.remove(exception, ["address"])])) == 0
	count(judged_with([object.union(exception, {"address": "another.place"})])) == 1
	count(judged_with([object.union(exception, {"rule": "load-balancer-proxied"})])) == 1
}

test_exceptions_without_a_reason_count_for_nothing if {
	count(judged_with([object.union(exception, {"reason": " "})])) == 1
	count(judged_with([object.remove(exception, ["reason"])])) == 1
}
