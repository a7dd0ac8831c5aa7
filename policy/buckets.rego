# METADATA
# title: Buckets
# description: Closed to all but the edge, over TLS, and able to undo whatever happens in them.
# scope: package
package storage_failover.buckets

import data.storage_failover.plan

buckets := plan.of_type("aws_s3_bucket")

# METADATA
# title: bucket-public-access-blocked
# description: All four blocks are on.
violations contains {"rule": "bucket-public-access-blocked", "address": bucket.address} if {
	some bucket in buckets
	not blocks_public_access(bucket)
}

blocks_public_access(bucket) if {
	some block in of_bucket(bucket, "aws_s3_bucket_public_access_block")
	every argument in [
		"block_public_acls",
		"block_public_policy",
		"ignore_public_acls",
		"restrict_public_buckets",
	] {
		block.values[argument] == true
	}
}

# METADATA
# title: bucket-tls-only
# description: The bucket's policy refuses plain HTTP to everyone.
violations contains {"rule": "bucket-tls-only", "address": bucket.address} if {
	some bucket in buckets
	not is_tls_only(bucket)
}

is_tls_only(bucket) if {
	some policy in of_bucket(bucket, "aws_s3_bucket_policy")
	some statement in statements(policy)
	refuses_plain_http(statement)
}

# Only known after deployment; Terraform's own plan may know it.
is_tls_only(bucket) if {
	some policy in of_bucket(bucket, "aws_s3_bucket_policy")
	not statements(policy)
}

refuses_plain_http(statement) if {
	statement.Effect == "Deny"
	is_anyone(statement.Principal)
	"s3:*" in plan.list(statement.Action)
	some resource in plan.list(statement.Resource)
	endswith(resource, "*")
	secure := plan.list(statement.Condition.Bool["aws:SecureTransport"])
	[sprintf("%v", [value]) | some value in secure] == ["false"]
}

# METADATA
# title: bucket-not-public
# description: >-
#   Whoever is let in without being named may only read objects, and only from networks that are narrow (AWS's own
#   measure) or on behalf of a named account or service.
violations contains {"rule": "bucket-not-public", "address": policy.address} if {
	some policy in plan.of_type("aws_s3_bucket_policy")
	some statement in statements(policy)
	statement.Effect == "Allow"
	admits_anyone(statement)
	not reads_within_limits(statement)
}

admits_anyone(statement) if is_anyone(statement.Principal)

admits_anyone(statement) if statement.NotPrincipal

reads_within_limits(statement) if {
	{action | some action in plan.list(statement.Action)} == {"s3:GetObject"}
	is_limited(statement.Condition)
}

is_limited(condition) if {
	ranges := plan.list(condition.IpAddress["aws:SourceIp"])
	count(ranges) > 0
	every range in ranges {
		is_narrow(range)
	}
}

is_limited(condition) if {
	some key in [
		"aws:PrincipalAccount",
		"aws:PrincipalOrgID",
		"aws:SourceAccount",
		"aws:SourceArn",
		"aws:SourceVpc",
		"aws:SourceVpce",
	]
	count(plan.list(condition.StringEquals[key])) > 0
}

# What AWS does not call public: prefixes from /8 (IPv4) and /32 (IPv6) on; a bare address is one host.
is_narrow(range) if {
	parts := regex.find_all_string_submatch_n(`^([0-9a-fA-F.:]+)(?:/(\d+))?$`, range, 1)[0]
	prefix_is_narrow(parts[1], parts[2])
}

prefix_is_narrow(_, "")

prefix_is_narrow(address, prefix) if {
	prefix != ""
	contains(address, ":")
	to_number(prefix) >= 32
}

prefix_is_narrow(address, prefix) if {
	prefix != ""
	not contains(address, ":")
	to_number(prefix) >= 8
}

# METADATA
# title: bucket-versioned
# description: Old versions undo what replication did, and prove what was deleted.
violations contains {"rule": "bucket-versioned", "address": bucket.address} if {
	some bucket in buckets
	not is_versioned(bucket)
}

is_versioned(bucket) if {
	some versioning in of_bucket(bucket, "aws_s3_bucket_versioning")
	some configuration in plan.blocks(versioning.values, "versioning_configuration")
	configuration.status == "Enabled"
}

# METADATA
# title: bucket-no-acl-or-website
# description: ACLs are off on new buckets, and the website endpoint has no TLS.
violations contains {"rule": "bucket-no-acl-or-website", "address": resource.address} if {
	some type in ["aws_s3_bucket_acl", "aws_s3_bucket_website_configuration"]
	some resource in plan.of_type(type)
}

violations contains {"rule": "bucket-no-acl-or-website", "address": object.address} if {
	some object in plan.of_type("aws_s3_object")
	is_string(object.values.acl)
}

is_anyone("*")

is_anyone(principal) if "*" in plan.list(principal.AWS)

# The settings of a bucket, which refer to it or repeat its name.
of_bucket(bucket, type) := {setting |
	some setting in plan.of_type(type)
	belongs_to(setting, bucket)
}

belongs_to(setting, bucket) if plan.base(bucket.address) in plan.references(setting, "bucket")

belongs_to(setting, bucket) if setting.values.bucket == bucket.values.bucket

# Undefined where the policy is only known after deployment.
statements(policy) := plan.blocks(plan.object_or_empty(json.unmarshal(policy.values.policy)), "Statement") if {
	is_string(policy.values.policy)
	json.is_valid(policy.values.policy)
}

statements(policy) := [] if {
	is_string(policy.values.policy)
	not json.is_valid(policy.values.policy)
	not plan.has_reference(policy.values.policy)
}
