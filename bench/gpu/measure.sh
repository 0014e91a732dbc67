#!/usr/bin/env bash
# Measures a machine with a GPU on which the parts of bench:gpu:pack were unpacked; see unpack.sh.
# Arguments go to the bench: measure.sh --help
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

# The provider needs CUDA's own libraries. Some are opened by names without a version, so there are
# links of such names too.
find_libraries() {
  find / \( -path /proc -o -path /sys \) -prune -o \( -name 'libcublasLt.so.13*' -o \
    -name 'libcurand.so.10*' -o -name 'libcudart.so.13*' -o -name 'libcudnn.so.9*' -o \
    -name 'libcufft.so.12*' -o -name 'libnvrtc.so.13*' \) -print 2> /dev/null || true
}
case " $* " in *" --provider cpu "*) ;; *)
  links=$here/cuda-links
  mkdir -p "$links"
  folders=
  for library in $(find_libraries); do
    name=$(basename "$library")
    [ -e "$links/${name%%.so*}.so" ] || ln -s "$library" "$links/${name%%.so*}.so"
    folder=$(dirname "$library")
    case ":$folders:" in *":$folder:"*) ;; *) folders=$folders${folders:+:}$folder ;; esac
  done
  export LD_LIBRARY_PATH=$folders:$links${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  provider=$here/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so
  ldd "$provider" | grep 'not found' || true
  nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,power.draw --format=csv,noheader || true
  ;;
esac
export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-2}
cd "$here"
exec bin/node --enable-source-maps dist/bench/gpu/main.js "$@"
