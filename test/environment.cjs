const { TestEnvironment } = require('jest-environment-node');

/**
 * Jest gives tests their own typed-array classes, and ONNX Runtime then refuses its own output
 * ("data must be type of function Float32Array"). Hand the outer classes in.
 */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of [
      'ArrayBuffer',
      'Uint8Array',
      'Int8Array',
      'Uint16Array',
      'Int16Array',
      'Int32Array',
      'Uint32Array',
      'Float32Array',
      'Float64Array',
      'BigInt64Array',
      'BigUint64Array',
    ]) {
      this.global[name] = globalThis[name];
    }
    // Loaded once a process: its binding aborts the process when a second test file initialises it again.
    Object.defineProperty(this.global, 'outerOnnxRuntime', {
      get: () => require('onnxruntime-node'),
    });
  }
};
