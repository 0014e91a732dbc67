#!/usr/bin/env bash
# Generates the stubs in a temporary folder and ranks two candidates: bash examples/go/run.sh [ADDRESS]
# Needs Go, protoc-gen-go and protoc-gen-go-grpc, and protoc or Python's grpcio-tools (PYTHON, default python3).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
module=example.com/rank
if command -v protoc >/dev/null; then protoc=(protoc); else protoc=("${PYTHON:-python3}" -m grpc_tools.protoc); fi
# The stubs belong to this module, whatever package the proto names.
own="Mslmrank/v1/ranking.proto=$module/slmrank/v1"
"${protoc[@]}" -I "$here/../../proto" --plugin="protoc-gen-go=$(command -v protoc-gen-go)" \
  --plugin="protoc-gen-go-grpc=$(command -v protoc-gen-go-grpc)" \
  --go_out="$work" --go_opt="module=$module,$own" --go-grpc_out="$work" --go-grpc_opt="module=$module,$own" \
  slmrank/v1/ranking.proto
cp "$here/main.go" "$work/"
cd "$work"
go mod init "$module" 2>/dev/null
go mod tidy 2>/dev/null
go run . "$@"
