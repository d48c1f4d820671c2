# curl, as scripts use it. $1 is the server.
set -eu
curl() { command curl --silent --show-error --noproxy '*' --max-time 60 "$@"; }
# In the background, as a process of its own and not a shell's.
listen() { (exec curl --silent --noproxy '*' --no-buffer -i -H "$bearer" "$@") & }
work=$(mktemp -d)
trap 'kill $listening $old 2> /dev/null || true; rm -rf "$work"' EXIT
listening=
old=

token=$(curl --fail -d '{"username":"alice","password":"secret"}' "$1/auth" | sed 's/.*"token":"\([^"]*\)".*/\1/')
[ -n "$token" ] && echo 'signed in'
bearer="Authorization: Bearer $token"
listen "$1/api/events?chat_id=1" > "$work/events"
listening=$!
until grep -q 'event: opened' "$work/events"; do sleep 0.05; done
echo 'listens'
for version in --http1.0 --http1.1 --http2; do
    status=$(curl $version -o "$work/answer" -w '%{http_code}' -H "$bearer" -d "{\"content\":\"said by $version\"}" "$1/api/chats/1/messages")
    [ "$status" = 201 ] || { cat "$work/answer" >&2; exit 1; }
    until grep -q "said by $version" "$work/events"; do sleep 0.05; done
done
echo 'sent and heard'
# HTTP/1.0 knows no chunks.
listen --http1.0 "$1/api/events?chat_id=1" > "$work/old"
old=$!
until grep -q 'event: opened' "$work/old"; do sleep 0.05; done
if grep -qi '^transfer-encoding' "$work/old"; then cat "$work/old" >&2; exit 1; fi
echo 'no chunks'
# curl asks first whether it may send so much; it may not, and is told.
head -c 3000000 /dev/zero | tr '\0' x > "$work/large"
for expect in 'Expect: 100-continue' 'Expect:'; do
    status=$(curl -H "$bearer" -H "$expect" -w '%{http_code}' -o "$work/answer" --data-binary "@$work/large" "$1/api/chats/1/messages")
    [ "$status" = 413 ] && grep -q too_large "$work/answer"
done
head -c 20000 /dev/zero | tr '\0' x > "$work/small"
status=$(curl -H "$bearer" -H 'Expect: 100-continue' -w '%{http_code}' -o "$work/answer" --data-binary "@$work/small" "$1/api/chats/1/messages")
[ "$status" = 400 ] && echo 'large bodies'
# One connection, 400 requests.
for i in $(seq 400); do
    printf 'next\nurl = "%s/api/chats/1/messages"\nheader = "%s"\ndata = "{\\"content\\":\\"%s\\"}"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\n' "$1" "$bearer" "$i"
done > "$work/many"
[ "$(curl --config "$work/many" | grep -c '^201$')" = 400 ] && echo '400 of 400'
