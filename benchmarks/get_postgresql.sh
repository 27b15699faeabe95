#!/bin/bash
# PostgreSQL for the peer among the benchmarks, by apt, when it is missing and allowed; they go on without it.
set -u

# The server's programs: Debian keeps them off the PATH.
if command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
    exit
fi
become=()
if [ "$(id -u)" != 0 ]; then
    become=(sudo -n)
fi
if ! command -v apt-get >/dev/null || ! "${become[@]}" true 2>/dev/null; then
    exit 0 # the benchmarks say how it is installed
fi
echo "bench: apt-get install postgresql"
install=("${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql)
"${install[@]}" >/dev/null 2>&1 || {
    "${become[@]}" apt-get update -q >/dev/null 2>&1
    "${install[@]}" >/dev/null 2>&1 || echo "bench: apt-get could not install postgresql"
}
exit 0
