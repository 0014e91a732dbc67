/** ONNX Runtime as the test environment loaded it, outside this file's sandbox; see test/environment.cjs. */
const { InferenceSession, Tensor, env, listSupportedBackends } = globalThis.outerOnnxRuntime;
exports.InferenceSession = InferenceSession;
exports.Tensor = Tensor;
exports.env = env;
exports.listSupportedBackends = listSupportedBackends;
