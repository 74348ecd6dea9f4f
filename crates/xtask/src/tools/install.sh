# Installs Debian packages without letting their services start, now or at the next boot. Run as root: sh -c "$this" install PACKAGE…
# Whatever was there before is put back, also after a failure or Ctrl-C.
set -eu
export DEBIAN_FRONTEND=noninteractive

policy=/usr/sbin/policy-rc.d          # asked by every package script before it starts a service
kept=$policy.before-turnpike
clusters=/etc/postgresql-common/createcluster.d
restore() {
  rm -f "$policy" "$clusters/turnpike.conf"
  rmdir --ignore-fail-on-non-empty "$clusters" 2>/dev/null || true
  if [ -e "$kept" ]; then mv "$kept" "$policy"; fi
}
trap restore EXIT
trap 'exit 130' INT TERM HUP
if [ -e "$policy" ] && [ ! -e "$kept" ]; then mv "$policy" "$kept"; fi
printf '#!/bin/sh\nexit 101\n' > "$policy"   # 101: forbidden
chmod 755 "$policy"
mkdir -p "$clusters"
echo 'create_main_cluster = false' > "$clusters/turnpike.conf"   # or Debian makes a server on 5432 that starts at boot

redis_was_here=no
if [ -e /usr/bin/redis-server ] || [ -e /usr/bin/valkey-server ]; then redis_was_here=yes; fi

apt-get install -y -qq --no-install-recommends "$@" > /dev/null

if [ "$redis_was_here" = no ] && [ -d /run/systemd/system ]; then
  systemctl disable --quiet redis-server valkey-server 2>/dev/null || true
fi
