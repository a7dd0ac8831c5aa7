#!/bin/bash
# Takes the place of a program that acts on a whole machine. Linked under each program's name, first on the PATH;
# notes the call, then does the part of it that a throw-away root can bear.
#   STAND_IN_CALLS  file that calls are noted in        STAND_IN_PATH    where the real programs are
#   STAND_IN_MOUNT  the mount path                      STAND_IN_DEVICE  file that stands for the volume
#   STAND_IN_REAL_MOUNT  "yes" to mount it really; else a folder beside the volume holds what is on it
#   STAND_IN_OWN_ADDRESS  the droplet's; the address that the origin's name has is in the file of calls, ".name"
set -euo pipefail

readonly name=${0##*/}

really() {
  PATH=$STAND_IN_PATH exec "$name" "$@"
}

is_real() {
  PATH=$STAND_IN_PATH type -P "$name" >/dev/null
}

case "$name $*" in
  curl*169.254.169.254*)
    echo "$STAND_IN_OWN_ADDRESS"
    exit
    ;;
  curl*) really "$@" ;;
esac

printf '%s\n' "$name $*" >>"$STAND_IN_CALLS"

case "$name $*" in
  "systemctl start "*.mount)
    if [[ $STAND_IN_REAL_MOUNT != yes ]]; then
      mkdir -p "$STAND_IN_DEVICE.contents" "${STAND_IN_MOUNT%/*}"
      ln -sfn "$STAND_IN_DEVICE.contents" "$STAND_IN_MOUNT"
      exit
    fi
    mkdir -p "$STAND_IN_MOUNT"
    if ! PATH=$STAND_IN_PATH mountpoint --quiet "$STAND_IN_MOUNT"; then
      PATH=$STAND_IN_PATH mount -o noatime,nosuid,nodev,loop "$STAND_IN_DEVICE" "$STAND_IN_MOUNT"
    fi
    ;;
  "mountpoint "*)
    if [[ $STAND_IN_REAL_MOUNT == yes ]]; then really "$@"; fi
    [[ -L $STAND_IN_MOUNT ]]
    ;;
  "xfs_growfs "*)
    if [[ $STAND_IN_REAL_MOUNT == yes ]]; then really "$@"; fi
    ;;
  "getent "*) echo "$(<"$STAND_IN_CALLS.name") STREAM ${*: -1}" ;;
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
