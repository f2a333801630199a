#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Boots a throw-away copy of this very root file system under systemd-nspawn,
# with the files of TREE laid over it, and runs a command in it, with the folder
# IO as its /io. Nothing of the host is changed: the copy is an overlay whose
# upper layer is in memory. Needs root and systemd-container.
#   usage: boot-nspawn.sh TREE IO LIMIT_S COMMAND
set -euo pipefail
tree=$1 io=$(realpath "$2") limit=$3 command=$4

work=$(mktemp -d /var/tmp/jitd-boot.XXXXXX)
layers=$work/layers
root=$layers/root
# shellcheck disable=SC2317 # the trap calls it
cleanup() {
	for mounted in "$root" "$layers"; do
		if mountpoint -q "$mounted"; then umount "$mounted"; fi
	done
	rm -rf "$work"
}
trap cleanup EXIT

mkdir "$layers"
mount -t tmpfs -o size=1G,mode=0755 tmpfs "$layers"
mkdir "$layers/upper" "$layers/work" "$root"
mount -t overlay overlay \
	-o "lowerdir=/,upperdir=$layers/upper,workdir=$layers/work" "$root"
cp -a "$tree/." "$root/"

# An identity and a journal of its own.
rm -rf "$root/var/log/journal"
: >"$root/etc/machine-id"
mkdir -p "$root/etc/systemd/system"
cat >"$root/etc/systemd/system/jitd-test.service" <<UNIT
[Unit]
Description=The test in this container
Requires=basic.target
Wants=dbus.service systemd-journald.service
After=basic.target dbus.service
SuccessAction=exit-force
FailureAction=exit-force

[Service]
Type=oneshot
ExecStart=/bin/bash -c '{ $command; } > /io/log 2>&1; echo \$\$? > /io/status'
StandardOutput=null
TimeoutStartSec=$limit
UNIT

rm -f "$io/log" "$io/status"
booted=0
# The capabilities and bpf let IPAddressDeny= and SocketBindDeny= work inside.
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout -k 5 $((limit + 30)) \
	systemd-nspawn -q -D "$root" --link-journal=no --register=no \
	--keep-unit --private-network --console=pipe --bind="$io:/io" \
	--capability=CAP_BPF,CAP_PERFMON,CAP_NET_ADMIN \
	--system-call-filter=bpf --boot systemd.unit=jitd-test.service \
	</dev/null >"$io/console" 2>&1 || booted=$?
if [ ! -e "$io/status" ]; then
	cat "$io/console" >&2
	[ ! -e "$io/log" ] || cat "$io/log" >&2
	echo "the container ended with $booted before the command did" >&2
	exit 99
fi
cat "$io/log"
exit "$(cat "$io/status")"
