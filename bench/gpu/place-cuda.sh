#!/usr/bin/env bash
# Copies ONNX Runtime's two CUDA libraries next to those of onnxruntime-node, on a GPU host:
#
#   bench/gpu/place-cuda.sh        from the npm package com.github.asus4.onnxruntime.linux-x64-gpu
#                                  0.4.9 (MIT), for ONNX Runtime 1.29.0 and CUDA 13 (180 MB)
#   bench/gpu/place-cuda.sh DIR    from a folder with the libraries of the same ONNX Runtime version
#   bench/gpu/place-cuda.sh --to DIR    from the npm package, into a folder that is packed for a GPU
#                                       host; this machine needs none of CUDA's libraries
#
# The loader must also find CUDA's own libraries: libcublasLt.so.13, libcublas.so.13,
# libcurand.so.10 and libcudart.so.13. A CUDA 13 PyTorch has them: add the folders
# site-packages/nvidia/*/lib to LD_LIBRARY_PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."

wanted=1.29.0
found=$(node -p "require('onnxruntime-node/package.json').version")
if [ "$found" != "$wanted" ]; then
  echo "place-cuda: onnxruntime-node is $found; the libraries are for $wanted" >&2
  exit 1
fi
target=node_modules/onnxruntime-node/bin/napi-v6/linux/x64
libraries="libonnxruntime_providers_shared.so libonnxruntime_providers_cuda.so"

packed=
if [ "${1:-}" = --to ]; then
  packed=yes
  target=$2
  shift 2
fi

if [ $# -ge 1 ]; then
  source=$1
else
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  npm pack --silent --pack-destination "$scratch" com.github.asus4.onnxruntime.linux-x64-gpu@0.4.9 > "$scratch/name"
  tar -xzf "$scratch/$(tail -n 1 "$scratch/name")" -C "$scratch"
  source=$scratch/package/Plugins/Linux/x64
fi

for library in $libraries; do
  install -m 755 "$source/$library" "$target/$library"
done
if [ -n "$packed" ]; then
  exit
fi
missing=$(ldd "$target/libonnxruntime_providers_cuda.so" | grep 'not found' || true)
if [ -n "$missing" ]; then
  echo "place-cuda: the libraries are in $target, but the loader misses these; add their folders" \
    "to LD_LIBRARY_PATH:" >&2
  echo "$missing" >&2
  exit 1
fi
echo "placed in $target"
