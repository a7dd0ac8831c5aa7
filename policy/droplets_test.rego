package storage_failover.droplets_test

import data.storage_failover.droplets

stack := data.testdata.secondary

changed(path, value) := json.patch(stack, [{"op": "add", "path": path, "value": value}])

without(path) := json.patch(stack, [{"op": "remove", "path": path}])

inbound(rule) := changed("/resource/digitalocean_firewall/standby/inbound_rule/-", rule)

outbound(rules) := changed("/resource/digitalocean_firewall/standby/outbound_rule", rules)

found(rule) if {"rule": rule, "address": "digitalocean_firewall.standby"} in droplets.violations

test_a_good_droplet_keeps_every_rule if count(droplets.violations) == 0 with input as stack

test_firewall_ssh_closed if {
	every range in ["22", "20-25", "1-65535", "all", "0"] {
		rule := {"protocol": "tcp", "port_range": range, "source_addresses": ["203.0.113.7/32", "::/0"]}
		found("firewall-ssh-closed") with input as inbound(rule)
	}
}

test_firewall_ssh_may_be_open_to_networks if {
	rule := {"protocol": "tcp", "port_range": "22", "source_addresses": ["2001:db8::/48"]}
	count(droplets.violations) == 0 with input as inbound(rule)
}

test_firewall_web_ports_only if {
	every rule in [
		{"protocol": "tcp", "port_range": "9000"},
		{"protocol": "udp", "port_range": "443"},
		{"protocol": "icmp"},
		{"protocol": "tcp", "port_range": "80-443"},
	] {
		named := object.union(rule, {"source_addresses": ["203.0.113.0/24"]})
		found("firewall-web-ports-only") with input as inbound(named)
	}
}

test_firewall_outbound_explicit if {
	found("firewall-outbound-explicit") with input as outbound([])
	found("firewall-outbound-explicit") with input as outbound([{"protocol": "tcp", "port_range": "1-65535"}])
	found("firewall-outbound-explicit") with input as outbound([{"protocol": "udp", "port_range": "all"}])
}

test_droplet_behind_firewall if {
	expected := {{"rule": "droplet-behind-firewall", "address": "digitalocean_droplet.standby"}}
	droplets.violations == expected with input as without("/resource/digitalocean_firewall/standby/droplet_ids")
	droplets.violations == expected with input as without("/resource/digitalocean_firewall")
}

test_droplet_may_be_covered_by_a_tag if {
	plan := json.patch(stack, [
		{"op": "remove", "path": "/resource/digitalocean_firewall/standby/droplet_ids"},
		{"op": "add", "path": "/resource/digitalocean_firewall/standby/tags", "value": ["standby"]},
	])
	count(droplets.violations) == 0 with input as plan
}

test_origin_record_not_proxied if {
	plan := changed("/resource/cloudflare_dns_record/origin/proxied", true)
	droplets.violations == {{
		"rule": "origin-record-not-proxied",
		"address": "cloudflare_dns_record.origin",
	}} with input as plan
}
