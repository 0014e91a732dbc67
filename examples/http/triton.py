"""Ranks with Triton's client over the Open Inference Protocol (KServe v2).

    python triton.py 127.0.0.1:50051

Needs tritonclient[grpc].
"""

import sys

import numpy
import tritonclient.grpc as triton

QUERY = "night nurse"
PASSAGES = [
    "Truck driver, long haul, home every other weekend.",
    "Registered nurse for the night shift of a ward with 24 beds.",
    "Cook for a school kitchen.",
]


def tensor(name, texts):
    values = numpy.array([[text.encode()] for text in texts], dtype=object)
    given = triton.InferInput(name, list(values.shape), "BYTES")
    given.set_data_from_numpy(values)
    return given


def main(address):
    client = triton.InferenceServerClient(address)
    assert client.is_server_live() and client.is_server_ready()
    print(client.get_server_metadata(as_json=True))
    model = sys.argv[2] if len(sys.argv) > 2 else "slmrank-55m"
    assert client.is_model_ready(model)
    metadata = client.get_model_metadata(model, as_json=True)
    print([each["name"] for each in metadata["inputs"] + metadata["outputs"]])
    print(client.get_model_config(model, as_json=True)["config"]["max_batch_size"])
    inputs = [tensor("QUERY", [QUERY]), tensor("PASSAGE", PASSAGES)]
    reply = client.infer(model, inputs)
    scores = reply.as_numpy("SCORE")[:, 0]
    tokens = reply.as_numpy("TOKENS")[:, 0]
    for place in (-scores).argsort():
        print(f"{scores[place]:.4f}  {tokens[place]:3d} tokens  {PASSAGES[place]}")
    try:
        client.infer("another", inputs)
    except triton.InferenceServerException as error:
        print(error)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051")
