#!/usr/bin/env bash
# Fails when two syntheses differ in more than a flip may change: flip-alone.sh <before> <after>, each a cdktf.out folder.
set -euo pipefail
before=$1/stacks
after=$2/stacks

if ! diff <(ls "$before") <(ls "$after"); then
  echo "the flip adds or removes a stack; deploy that before or after, in a pull request of its own" >&2
  exit 1
fi
for stack in "$before"/*/; do
  name=$(basename "$stack")
  jq --null-input --slurpfile before "$before/$name/cdk.tf.json" --slurpfile after "$after/$name/cdk.tf.json" \
    '{ before: $before[0], after: $after[0] }' \
    | opa eval --data policy --stdin-input --format raw --fail-defined 'data.storage_failover.flip.violations[_].message'
  # What is deployed beside the JSON, such as the replicator's zip, in no stack may change either.
  diff --recursive --brief --exclude cdk.tf.json "$before/$name" "$after/$name"
done
echo "a flip, and nothing else"
