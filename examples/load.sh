#!/usr/bin/env bash
# Sends 5 requests a second for 30 seconds, open loop: bash examples/load.sh [ADDRESS] [RPS] [SECONDS]
# Each query contains its number, because a repeated query would measure the score cache.
set -euo pipefail
ghz --insecure --async --rps "${2:-5}" -z "${3:-30}s" --call slmrank.v1.RankingService.Rank \
  -d '{"query": "night shift nurse {{.RequestNumber}}", "candidates": [
    {"text": "Registered Nurse, nights"}, {"text": "Accountant"}]}' \
  "${1:-127.0.0.1:50051}"
