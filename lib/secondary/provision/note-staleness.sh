#!/bin/bash
# Notes how many seconds this store is behind the active one, as the name of a file: the proxy shows it to readers.
# Called every minute. What is not known is not shown; nothing here may fail a read.
set -euo pipefail

read -r -a mc <<<"${MC:-podman exec minio mc}"
readonly state=local/{{bucketName}}/{{statePrefix}}
readonly notes={{stalenessPath}}
readonly after_seconds={{staleAfterSeconds}}

main() {
  install --directory --mode=0755 "$notes"
  local seconds
  seconds=$(seconds_behind) || seconds=
  if [[ -n $seconds && ! -e $notes/$seconds ]]; then
    : >"$notes/$seconds"
  fi
  # The new one first: readers in between see one of the two.
  find "$notes" -mindepth 1 ! -name "${seconds:-none}" -delete
}

# Nothing where this store is active, or not behind by so much; fails where replication's notes do not tell.
seconds_behind() {
  local epoch progress active noted current sync_point synced behind
  epoch=$("${mc[@]}" cat "$state/epoch.json" 2>/dev/null) || return 1
  active=$(member "$epoch" active) || return 1
  if [[ $active != primary ]]; then
    return
  fi
  progress=$("${mc[@]}" cat "$state/progress.json" 2>/dev/null) || return 1
  current=$(member "$epoch" epoch) || return 1
  noted=$(member "$progress" epoch) || return 1
  # What was noted before the last flip says nothing of now.
  [[ $noted == "$current" ]] || return 1
  sync_point=$(member "$progress" syncPoint) || return 1
  synced=$(date --date="$sync_point" +%s) || return 1
  behind=$(($(date +%s) - synced))
  if ((behind > after_seconds)); then
    echo "$behind"
  fi
}

# A member of a JSON object as replication writes it, on one line. Within a text the quotes would be escaped.
member() {
  local text=$1 name=$2
  [[ $text =~ \"$name\":\ ?\"?([A-Za-z0-9:.+-]+) ]] || return 1
  echo "${BASH_REMATCH[1]}"
}

main
