# syntax=docker/dockerfile:1
#
# slmrank's images. Targets:
#
#   cpu       docker build --target cpu -t slmrank:cpu .
#   cuda      docker build --target cuda -t slmrank:cuda .      (run with --gpus all)
#   load      ghz and the load test, for the compose profile "load"
#
# A built model (slmrank model build) is mounted at /model, or copied into the image: int8 for cpu, fp16 for cuda.
#
#   docker build --target cpu --build-context model=models/artifacts/slmrank-55m-int8 -t slmrank:slmrank-55m .

# The model to copy into the image. Empty, unless a build context of the same name replaces it.
FROM scratch AS model

# Production dependencies have their own layer, because they are most of the image and change rarely.
FROM node:20.20-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# ONNX Runtime has libraries for every platform; an image needs only its own.
RUN npm ci --omit=dev --no-audit --no-fund \
    && rm -rf node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32

FROM node:20.20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY proto proto
COPY src src
COPY workers workers
COPY bench bench
COPY scripts scripts
RUN npm run -s build

FROM node:20.20-bookworm-slim AS cpu
# Two arenas for all threads: docs/operations.md, "Memory".
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    SLMRANK_ADDRESS=0.0.0.0:50051 \
    SLMRANK_MODEL=/model
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# The words and queries that summaries of items are made with.
COPY models/compress models/compress
COPY --from=model . /model
# The image's user "node", by number so that orchestrators can tell that it is not root.
USER 1000
EXPOSE 50051
# Healthy once every bucket is warm, which takes a while for a large model.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["node", "dist/src/cli/main.js", "health", "--address", "127.0.0.1:50051"]
# Exec form: SIGTERM reaches the server, which then drains.
CMD ["node", "--enable-source-maps", "dist/src/main.js"]

# The CUDA provider for CUDA 13, of the same ONNX Runtime version as onnxruntime-node (1.29.0), whose npm package has
# only the CPU provider. Its own download would also contain TensorRT's provider, which is not used.
FROM node:20.20-bookworm-slim AS cuda-provider
WORKDIR /provider
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN npm pack --silent com.github.asus4.onnxruntime.linux-x64-gpu@0.4.9 \
    && tar -xzf com.github.asus4.onnxruntime.linux-x64-gpu-0.4.9.tgz --strip-components=4 \
        package/Plugins/Linux/x64/libonnxruntime_providers_cuda.so \
        package/Plugins/Linux/x64/libonnxruntime_providers_shared.so \
    && rm ./*.tgz

# Contains libcudart, libcublas, libcublasLt and libcurand. The host provides the driver's libcuda.
FROM nvidia/cuda:13.0.1-runtime-ubuntu24.04 AS cuda
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    SLMRANK_ADDRESS=0.0.0.0:50051 \
    SLMRANK_MODEL=/model \
    SLMRANK_DEVICES=cuda:0
WORKDIR /app
COPY --from=dependencies /usr/local/bin/node /usr/local/bin/node
COPY --from=dependencies /app/node_modules node_modules
COPY --from=cuda-provider /provider node_modules/onnxruntime-node/bin/napi-v6/linux/x64
COPY --from=build /app/dist dist
# The words and queries that summaries of items are made with.
COPY models/compress models/compress
COPY --from=model . /model
USER 1000
EXPOSE 50051
HEALTHCHECK --interval=10s --timeout=5s --start-period=300s --retries=3 \
    CMD ["node", "dist/src/cli/main.js", "health", "--address", "127.0.0.1:50051"]
CMD ["node", "--enable-source-maps", "dist/src/main.js"]

FROM golang:1.26-bookworm AS ghz
RUN GOBIN=/usr/local/bin go install github.com/bojand/ghz/cmd/ghz@v0.93.0

FROM cpu AS load
COPY --from=ghz /usr/local/bin/ghz /usr/local/bin/ghz
COPY models/demo models/demo
HEALTHCHECK NONE
ENTRYPOINT ["node", "--enable-source-maps", "dist/bench/load/main.js", "--out", "/out"]
CMD ["--address", "server:50051"]
