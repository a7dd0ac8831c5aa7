# METADATA
# title: Storage failover
# description: >-
#   Every rule of a plan but those of a flip. `violations` is for programs: rule, address and a message that says what is
#   wrong, why it matters and what to change.
# scope: package
package storage_failover

import data.storage_failover.buckets
import data.storage_failover.droplets
import data.storage_failover.edge
import data.storage_failover.protection
import data.storage_failover.rules
import data.storage_failover.secrets

# METADATA
# entrypoint: true
violations contains object.union(found, {"message": rules.message(found)}) if {
	some found in all_found
	not excepted(found)
}

# METADATA
# description: >-
#   What conftest asks for, with `--namespace storage_failover`.
deny contains {"msg": violation.message, "rule": violation.rule, "address": violation.address} if {
	some violation in violations
}

all_found := (((edge.violations | buckets.violations) | droplets.violations) | protection.violations) | secrets.violations

# Exceptions are data: {"storage_failover_exceptions": [{"rule": …, "address": …, "reason": …}]}. One without a reason
# counts for nothing; one without an address counts everywhere.
excepted(found) if {
	some exception in data.storage_failover_exceptions
	exception.rule == found.rule
	object.get(exception, "address", found.address) == found.address
	trim_space(exception.reason) != ""
}
