# Runs a throwaway Postgres until no test has used it for 20 seconds.
# $1: directory with the lock file `users`, where `url` appears; $2: Postgres's programs; $3: port.
set -eu
umask 077
state=$1 bin=$2 port=$3
home=$(mktemp -d "${TMPDIR:-/tmp}/vestnik-postgres.XXXXXX")
cd "$home"

# Postgres refuses to run as root.
owner() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    chown postgres "$home"
    owner() { runuser -u postgres -- "$@"; }
fi

end() {
    rm -f "$state/url"
    owner "$bin/pg_ctl" -D "$home/data" -m immediate -w stop || true
    cd /
    rm -rf "$home"
}
trap end EXIT
trap 'exit 1' HUP INT TERM

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s' "$password" | owner sh -c 'cat > password'
owner "$bin/initdb" --pgdata="$home/data" --username=vestnik --pwfile="$home/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync
owner "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w start -o "-p $port \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories=$home -c max_connections=300"
printf 'postgres://vestnik:%s@127.0.0.1:%s\n' "$password" "$port" > "$state/url.new"
mv "$state/url.new" "$state/url"

idle=0
while [ "$idle" -lt 20 ]; do
    sleep 1
    exec 9>> "$state/users"
    # Each test process holds this lock, shared.
    if flock --exclusive --nonblock 9; then idle=$((idle + 1)); else idle=0; fi
    [ "$idle" -eq 20 ] || exec 9>&-
done
# The lock is held here: nobody uses the cluster and nobody can begin to until it is gone.
