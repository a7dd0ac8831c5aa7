package storage_failover.protection_test

import data.storage_failover.protection

test_protected_from_destroy if {
	every stack, address in {
		"edge": "cloudflare_load_balancer.edge",
		"primary": "aws_s3_bucket.assets",
		"secondary": "digitalocean_volume.objects",
	} {
		plan := data.testdata[stack]
		count(protection.violations) == 0 with input as plan
		path := sprintf("/resource/%s/lifecycle", [replace(address, ".", "/")])
		open := json.patch(plan, [{"op": "remove", "path": path}])
		protection.violations == {{"rule": "protected-from-destroy", "address": address}} with input as open
	}
}

test_a_plan_that_destroys if {
	count(protection.violations) == 0 with input as data.testdata.edge_plan
	every actions in [["delete"], ["delete", "create"], ["create", "delete"]] {
		plan := json.patch(data.testdata.edge_plan, [{
			"op": "replace",
			"path": "/resource_changes/1/change/actions",
			"value": actions,
		}])
		protection.violations == {{
			"rule": "protected-from-destroy",
			"address": "cloudflare_load_balancer.edge",
		}} with input as plan
	}
}
