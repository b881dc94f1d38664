#!/bin/bash
# Does what README.md says under "A first program", word for word, with what is installed, in an empty folder.
# first_program.sh README PREFIX
set -euo pipefail

# The README's ports belong to others, perhaps. Where it may, this has a network of its own, and ends with all it started;
# LeakSanitizer looks its own process up in /proc, which must then be that of the new process numbers.
apart=(unshare --map-root-user --net --pid --fork --kill-child --mount-proc)
if [[ ${3:-} != alone ]] && "${apart[@]}" ip link set lo up 2> /dev/null; then
  exec "${apart[@]}" "$0" "$1" "$2" alone
fi
if [[ ${3:-} == alone ]]; then ip link set lo up; fi

readme=$1
export PATH=$2/bin:$PATH CMAKE_PREFIX_PATH=$2
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT

# block LANGUAGE NUMBER: the text of the section's code block of that language, counted from 1.
block() {
  awk -v language="$1" -v number="$2" '
    /^## / { inside = $0 == "## A first program" }
    /^```/ { is_open = !is_open; if (is_open) { now = substr($0, 4); if (inside && now == language) ++seen }; next }
    inside && is_open && now == language && seen == number { print; found = 1 }
    END { exit !found }' "$readme"
}

# Nobody can type the next command before the stores have registered; this script can.
wait_for_stores() {
  for ((tries = 0; tries < 600; ++tries)); do
    if [[ $(assentctl stores 2> /dev/null | grep -cw online) == 2 ]]; then return; fi
    sleep 0.1
  done
  echo "the stores have not registered within a minute" >&2
  exit 1
}

# holds FILE ACCOUNT BALANCE: any program may read a store.
holds() {
  /usr/bin/python3 - "$@" << 'END'
import sqlite3, sys
file, account, balance = sys.argv[1:]
rows = sqlite3.connect(f"file:{file}?mode=ro", uri=True).execute("SELECT balance FROM accounts WHERE id = ?", (account,))
found = rows.fetchone()[0]
assert found == int(balance), f"{account} has {found} in {file}, not {balance}"
END
}

block sh 1 > start.sh
block cpp 1 > first.cc
block cpp 2 > many.cc
block cmake 1 > CMakeLists.txt
block sh 2 > use.sh

. ./start.sh
wait_for_stores
. ./use.sh | tee use.out
grep -qx '60 moved from alice to bob' use.out
grep -qx '10 given back' use.out
kill %1 %2
wait %1 %2
holds a.db alice 50
holds b.db bob 50

# From the second start on, without --create and --schema.
sed -E 's/ --(create|schema [^ ]+)//g; /^assent-/!d' start.sh > start_again.sh
. ./start_again.sh
wait_for_stores
assentctl sql bank-b "SELECT balance FROM accounts WHERE id = 'bob'" | grep -qw 50
