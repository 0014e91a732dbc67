"""Ranks with the clients of other servers' APIs, and compares their scores.

    python clients.py http://127.0.0.1:8080

Needs the packages of requirements.txt, or any of them: a client that is not installed is named
and left out. The order and the scores of all clients must be equal; the exit status is 1 if not.
"""

import importlib.metadata
import json
import sys
import urllib.request

QUERY = "night nurse"
DOCUMENTS = [
    "Truck driver, long haul, home every other weekend.",
    "Registered nurse for the night shift of a ward with 24 beds.",
    "Day-care nurse, mornings only.",
    "Cook for a school kitchen.",
]


def plain(url, path, body):
    request = urllib.request.Request(
        url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def by_score(pairs):
    return sorted(pairs, key=lambda pair: -pair[1])


def own(url, model):
    candidates = [{"text": text} for text in DOCUMENTS]
    body = {"query": QUERY, "candidates": candidates}
    reply = plain(url, "/slmrank.v1.RankingService/Rank", body)
    return [(each["index"], each["score"]) for each in reply["results"]]


def vllm_score(url, model):
    reply = plain(url, "/score", {"text_1": QUERY, "text_2": DOCUMENTS})
    return by_score((each["index"], each["score"]) for each in reply["data"])


def tei(url, model):
    reply = plain(url, "/rerank", {"query": QUERY, "texts": DOCUMENTS})
    return [(each["index"], each["score"]) for each in reply]


def cohere_second(url, model):
    import cohere

    client = cohere.ClientV2(api_key="none", base_url=url)
    reply = client.rerank(model=model, query=QUERY, documents=DOCUMENTS, top_n=4)
    return [(each.index, each.relevance_score) for each in reply.results]


def cohere_first(url, model):
    import cohere

    client = cohere.Client(api_key="none", base_url=url)
    reply = client.rerank(
        model=model, query=QUERY, documents=DOCUMENTS, return_documents=True
    )
    assert all(each.document.text == DOCUMENTS[each.index] for each in reply.results)
    return [(each.index, each.relevance_score) for each in reply.results]


def langchain_cohere(url, model):
    from langchain_cohere import CohereRerank

    reranker = CohereRerank(
        cohere_api_key="none", base_url=url, model=model, top_n=4
    )
    return [
        (each["index"], each["relevance_score"])
        for each in reranker.rerank(DOCUMENTS, QUERY)
    ]


def langchain_jina(url, model):
    from langchain_community.document_compressors import JinaRerank

    import langchain_community.document_compressors.jina_rerank as module

    module.JINA_API_URL = url + "/v1/rerank"
    reranker = JinaRerank(jina_api_key="none", model=model, top_n=4)
    return [
        (each["index"], each["relevance_score"])
        for each in reranker.rerank(DOCUMENTS, QUERY)
    ]


def nodes():
    from llama_index.core.schema import NodeWithScore, TextNode

    return [
        NodeWithScore(node=TextNode(text=text, id_=str(index)))
        for index, text in enumerate(DOCUMENTS)
    ]


def ranked(reranker):
    from llama_index.core import QueryBundle

    found = reranker.postprocess_nodes(nodes(), QueryBundle(QUERY))
    return [(int(each.node.node_id), each.score) for each in found]


def llama_index_tei(url, model):
    from llama_index.postprocessor.tei_rerank import TextEmbeddingInference

    return ranked(TextEmbeddingInference(base_url=url, top_n=4, model_name=model))


def llama_index_cohere(url, model):
    from llama_index.postprocessor.cohere_rerank import CohereRerank

    return ranked(CohereRerank(api_key="none", base_url=url, model=model, top_n=4))


def llama_index_jina(url, model):
    from llama_index.postprocessor.jinaai_rerank import JinaRerank

    return ranked(
        JinaRerank(api_key="none", base_url=url + "/v1", model=model, top_n=4)
    )


def haystack_tei(url, model):
    from haystack import Document
    from haystack_integrations.components.rankers.huggingface_api import (
        HuggingFaceTEIRanker,
    )

    ranker = HuggingFaceTEIRanker(url=url, top_k=4)
    documents = [Document(id=str(i), content=text) for i, text in enumerate(DOCUMENTS)]
    found = ranker.run(query=QUERY, documents=documents)["documents"]
    return [(int(each.id), each.score) for each in found]


CLIENTS = [
    ("our own JSON (Connect)", "POST /slmrank.v1.RankingService/Rank", None, own),
    ("urllib, vLLM", "POST /score", None, vllm_score),
    ("urllib, TEI", "POST /rerank", None, tei),
    ("Cohere SDK, ClientV2", "POST /v2/rerank", "cohere", cohere_second),
    ("Cohere SDK, Client", "POST /v1/rerank", "cohere", cohere_first),
    ("LangChain CohereRerank", "POST /v2/rerank", "langchain-cohere", langchain_cohere),
    ("LangChain JinaRerank", "POST /v1/rerank", "langchain-community", langchain_jina),
    (
        "LlamaIndex TextEmbeddingInference",
        "POST /rerank",
        "llama-index-postprocessor-tei-rerank",
        llama_index_tei,
    ),
    (
        "LlamaIndex CohereRerank",
        "POST /v2/rerank",
        "llama-index-postprocessor-cohere-rerank",
        llama_index_cohere,
    ),
    (
        "LlamaIndex JinaRerank",
        "POST /v1/rerank",
        "llama-index-postprocessor-jinaai-rerank",
        llama_index_jina,
    ),
    ("Haystack HuggingFaceTEIRanker", "POST /rerank", "huggingface-api-haystack", haystack_tei),
]


def version_of(package):
    if package is None:
        return ""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def main(url):
    with urllib.request.urlopen(url + "/v1/models") as response:
        model = json.load(response)["data"][0]["id"]
    expected = own(url, model)
    failed = 0
    print("| client | version | route | result |\n| --- | --- | --- | --- |")
    for name, route, package, ask in CLIENTS:
        version = version_of(package)
        if version is None:
            print(f"| {name} | not installed | {route} | left out: pip install {package} |")
            continue
        try:
            found = ask(url, model)
            apart = max(abs(a - b) for (_, a), (_, b) in zip(found, expected))
            is_equal = [i for i, _ in found] == [i for i, _ in expected] and apart < 1e-6
            result = "same order and scores" if is_equal else f"differs: {found}"
        except Exception as error:  # any failure of a client is a row of the table
            is_equal, result = False, f"{type(error).__name__}: {error}"
        failed += not is_equal
        print(f"| {name} | {version} | {route} | {result} |")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:8080")
