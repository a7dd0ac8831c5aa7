package storage_failover.buckets_test

import data.storage_failover.buckets

stack := data.testdata.primary

bucket_violation(rule) := {{"rule": rule, "address": "aws_s3_bucket.assets"}}

changed(path, value) := json.patch(stack, [{"op": "add", "path": path, "value": value}])

with_policy(statements) := changed(
	"/resource/aws_s3_bucket_policy/assets/policy",
	json.marshal({"Version": "2012-10-17", "Statement": statements}),
)

statements := json.unmarshal(stack.resource.aws_s3_bucket_policy.assets.policy).Statement

# The two statements with another second one, which lets Cloudflare read.
allowing(change) := with_policy([statements[0], object.union(object.remove(statements[1], object.keys(change)), change)])

test_a_good_bucket_keeps_every_rule if count(buckets.violations) == 0 with input as stack

test_a_good_bucket_in_a_module_keeps_every_rule if {
	count(buckets.violations) == 0 with input as data.testdata.primary_plan
}

test_a_module_s_settings_are_found_by_what_they_refer_to if {
	path := "/configuration/root_module/module_calls/store/module/resources/3/expressions/bucket"
	plan := json.patch(data.testdata.primary_plan, [{"op": "remove", "path": path}])
	buckets.violations == {{
		"rule": "bucket-versioned",
		"address": "module.store.aws_s3_bucket.assets",
	}} with input as plan
}

test_bucket_public_access_blocked if {
	expected := bucket_violation("bucket-public-access-blocked")
	every block in [
		"block_public_acls",
		"block_public_policy",
		"ignore_public_acls",
		"restrict_public_buckets",
	] {
		path := sprintf("/resource/aws_s3_bucket_public_access_block/assets/%s", [block])
		buckets.violations == expected with input as changed(path, false)
	}
}

test_bucket_public_access_blocked_of_another_bucket if {
	plan := changed("/resource/aws_s3_bucket_public_access_block/assets/bucket", "another")
	buckets.violations == bucket_violation("bucket-public-access-blocked") with input as plan
}

test_bucket_tls_only if {
	buckets.violations == bucket_violation("bucket-tls-only") with input as with_policy([statements[1]])
}

test_bucket_tls_only_is_not_judged_before_the_policy_is_known if {
	plan := changed("/resource/aws_s3_bucket_policy/assets/policy", "${data.aws_iam_policy_document.assets.json}")
	count(buckets.violations) == 0 with input as plan
}

test_bucket_not_public if {
	expected := {{"rule": "bucket-not-public", "address": "aws_s3_bucket_policy.assets"}}
	every change in [
		{"Condition": {}},
		{"Condition": {"IpAddress": {"aws:SourceIp": ["173.245.48.0/20", "0.0.0.0/0"]}}},
		{"Condition": {"IpAddress": {"aws:SourceIp": "2400:cb00::/29"}}},
		{"Condition": {"StringEquals": {"aws:Referer": "${var.origin_secret}"}}},
		{"Action": "s3:*"},
		{"Action": ["s3:GetObject", "s3:ListBucket"]},
		{"Principal": {"AWS": "*"}, "Condition": {}},
	] {
		buckets.violations == expected with input as allowing(change)
	}
}

test_bucket_not_public_admits_whom_aws_can_name if {
	every change in [
		{"Principal": {"Service": "cloudfront.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceArn": "arn"}}},
		{"Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "s3:*"},
		{"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}},
		{"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.7"}}},
	] {
		count(buckets.violations) == 0 with input as allowing(change)
	}
}

test_bucket_versioned if {
	plan := changed("/resource/aws_s3_bucket_versioning/assets/versioning_configuration", [{"status": "Suspended"}])
	buckets.violations == bucket_violation("bucket-versioned") with input as plan
}

opened(address) := {{"rule": "bucket-no-acl-or-website", "address": address}}

test_bucket_no_acl_or_website if {
	website := "aws_s3_bucket_website_configuration"
	object := "/resource/aws_s3_object/health/acl"
	buckets.violations == opened("aws_s3_bucket_acl.a") with input as changed("/resource/aws_s3_bucket_acl", {"a": {}})
	buckets.violations == opened(sprintf("%s.a", [website])) with input as changed(
		sprintf("/resource/%s", [website]),
		{"a": {}},
	)
	buckets.violations == opened("aws_s3_object.health") with input as changed(object, "public-read")
}
