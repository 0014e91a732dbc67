#!/usr/bin/env bash
# Ranks two candidates with grpcurl: bash examples/rank.sh [ADDRESS]
set -euo pipefail
grpcurl -plaintext -max-time 5 -d '{"query": "night shift nurse", "candidates": [
    {"id": "a", "title": "Registered Nurse", "text": "Cares for patients on the surgical ward, nights."},
    {"id": "b", "title": "Accountant", "text": "Prepares monthly statements."}]}' \
  "${1:-127.0.0.1:50051}" slmrank.v1.RankingService/Rank
