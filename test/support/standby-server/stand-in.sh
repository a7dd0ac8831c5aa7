#!/bin/bash
# Takes the place of a program that acts on a whole machine. Linked under each program's name, first on the PATH;
# notes the call, then does the part of it that a throw-away root can bear.
#   STAND_IN_CALLS  file that calls are noted in        STAND_IN_PATH    where the real programs are
#   STAND_IN_MOUNT  the mount path                      STAND_IN_DEVICE  file that stands for the volume
#   STAND_IN_REAL_MOUNT  "yes" to mount it really
set -euo pipefail

readonly name=${0##*/}
# Where the volume is not really mounted.
readonly mounted=$STAND_IN_CALLS.mounted
readonly address=203.0.113.10

really() {
  PATH=$STAND_IN_PATH exec "$name" "$@"
}

is_real() {
  PATH=$STAND_IN_PATH type -P "$name" >/dev/null
}

case "$name $*" in
  curl*169.254.169.254*)
    echo "$address"
    exit
    ;;
  curl*) really "$@" ;;
esac

printf '%s\n' "$name $*" >>"$STAND_IN_CALLS"

case "$name $*" in
  "systemctl start "*.mount)
    mkdir -p "$STAND_IN_MOUNT"
    if [[ $STAND_IN_REAL_MOUNT != yes ]]; then
      touch "$mounted"
    elif ! PATH=$STAND_IN_PATH mountpoint --quiet "$STAND_IN_MOUNT"; then
      PATH=$STAND_IN_PATH mount -o noatime,nosuid,nodev,loop "$STAND_IN_DEVICE" "$STAND_IN_MOUNT"
    fi
    ;;
  "mountpoint "*)
    if [[ $STAND_IN_REAL_MOUNT == yes ]]; then really "$@"; fi
    [[ -e $mounted ]]
    ;;
  "xfs_growfs "*)
    if [[ $STAND_IN_REAL_MOUNT == yes ]]; then really "$@"; fi
    ;;
  "getent "*) echo "$address STREAM ${*: -1}" ;;
  "install "*)
    # Only root can give files away, and not every machine has a user for the proxy.
    kept=()
    for word in "$@"; do
      [[ $word == --owner=* || $word == --group=* ]] || kept+=("$word")
    done
    really "${kept[@]}"
    ;;
  "blkid "*)
    if is_real; then really "$@"; fi
    [[ $(head --bytes=4 "${*: -1}") == XFSB ]] || exit 2
    echo xfs
    ;;
  "mkfs.xfs "*)
    if is_real; then really -q "$@"; fi
    printf XFSB | dd "of=${*: -1}" conv=notrunc status=none
    ;;
esac
