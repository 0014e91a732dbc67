"""Ranks two candidates: python3 examples/rank.py [ADDRESS]. Needs grpcio and grpcio-tools."""

import pathlib
import sys

import grpc

sys.path.append(str(pathlib.Path(__file__).parent.parent / "proto"))
pb, services = grpc.protos_and_services("slmrank/v1/ranking.proto")

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051"
candidates = [
    pb.Candidate(id="a", title="Registered Nurse", text="Cares for patients on the surgical ward, nights."),
    pb.Candidate(id="b", title="Accountant", text="Prepares monthly statements."),
]
with grpc.insecure_channel(address) as channel:
    stub = services.RankingServiceStub(channel)
    try:
        reply = stub.Rank(pb.RankRequest(query="night shift nurse", candidates=candidates), timeout=5)
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
    for result in reply.results:
        print(result.id, f"{result.score:.3f}")
