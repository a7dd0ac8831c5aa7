#!/bin/bash
# Brings the bucket into the state the plan describes. Safe to repeat.
# The server's image carries mc; MC names another one.
set -euo pipefail

read -r -a mc <<<"${MC:-podman exec --interactive minio mc}"
readonly files=${FILES:-/etc/storage-failover/bucket}
readonly bucket=local/{{bucketName}}
readonly health_object=$bucket/{{healthKey}}
readonly health_body='{{healthBody}}'
readonly policy={{replicatorPolicyName}}

"${mc[@]}" mb --ignore-existing "$bucket"
"${mc[@]}" version enable "$bucket"
# Replaces the rules that there are.
"${mc[@]}" ilm rule import "$bucket" <"$files/lifecycle.json"
"${mc[@]}" anonymous set-json "$files/anonymous-policy.json" "$bucket"
# Key pairs that exist keep up with a plan that has changed.
"${mc[@]}" admin policy create local "$policy" "$files/replicator-policy.json"

# Written only when it differs: every write would leave an old version behind.
if [[ $("${mc[@]}" cat "$health_object" 2>/dev/null || true) != "$health_body" ]]; then
  printf '%s' "$health_body" | "${mc[@]}" pipe --attr "Content-Type=text/plain;Cache-Control=no-store" "$health_object"
fi
