#!/usr/bin/env bash
# Unpacks the parts beside this script (or in PARTS) into DIR, on the machine with the GPU:
#
#   bash unpack.sh DIR [PARTS]
#
# Parts may arrive one after another: a set (project, cuda, model) is unpacked once it is complete,
# and those that are not are named. Needs tar, and xz or python3. Then: bash DIR/slmrank/measure.sh
set -euo pipefail
to=${1:?the folder to unpack into}
from=${2:-$(cd "$(dirname "$0")" && pwd)}
mkdir -p "$to"

decompress() {
  if command -v xz > /dev/null; then
    xz -dc -T0
  else
    python3 -c 'import lzma, shutil, sys
shutil.copyfileobj(lzma.open(sys.stdin.buffer), sys.stdout.buffer, 1 << 20)'
  fi
}

jobs=
for first in "$from"/*.1of*.bin; do
  [ -e "$first" ] || { echo "unpack: no parts (NAME.1ofN.bin) in $from" >&2; exit 1; }
  name=$(basename "$first"); count=${name##*1of}; count=${count%.bin}; name=${name%%.*}
  parts=; missing=
  for i in $(seq "$count"); do
    part=$from/$name.${i}of$count.bin
    parts="$parts $part"
    [ -e "$part" ] || missing="$missing $i"
  done
  if [ -n "$missing" ]; then
    echo "unpack: $name waits for part$missing of $count" >&2
    continue
  fi
  # shellcheck disable=SC2086
  (cat $parts | decompress | tar -xf - -C "$to" && echo "unpacked $name") &
  jobs="$jobs $!"
done
for job in $jobs; do wait "$job"; done
