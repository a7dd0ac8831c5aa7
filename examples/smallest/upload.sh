#!/usr/bin/env bash
# Uploads a static site to the active store, by the rules that writers keep (docs/writers.md): upload.sh <folder>
set -euo pipefail
folder=$1

# The standby refuses checksums that follow the body, which newer versions of aws send unless they are told not to.
export AWS_REQUEST_CHECKSUM_CALCULATION=when_required

# Fails when the marker cannot be read, when its resolvers disagree, and while writes are paused: then nobody may write.
ask() {
  node --eval '
    require("cdktf-storage-failover/writers")
      .resolveActiveStore({ hostname: "assets.example.com" })
      .then(({ active, writesPaused }) => {
        if (writesPaused) throw new Error("writes are paused for a planned flip; try again in a minute");
        console.log(active);
      });'
}

active=$(ask)
case $active in
  primary) to=(s3://example-assets-primary) ;;
  secondary) to=(s3://assets-standby --endpoint-url https://assets-standby.example.com --profile assets-standby) ;;
esac

# The fence: until it is over, somebody with an older answer may still write to the other store.
sleep 110
# One answer may be acted on for 20 s, and asking takes up to 5 of them.
while [ "$(ask)" = "$active" ]; do
  # No --delete: it would remove the health object and replication's state too.
  timeout 15 aws s3 sync "$folder" "${to[@]}" --cache-control max-age=300 && exit
  [ $? -eq 124 ] || exit 1
done
echo "the active store changed meanwhile; run this again" >&2
exit 1
