/**
 * Decides once whether a thread may write the states of its batch into the arena. A thread that was
 * given up may still be running: when its batch ends, the rows may be those of another candidate.
 */
const open = 0;
const passed = 1;
const shut = 2;

export function openGate(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** In the thread that has run the batch: whether it may write. It may ask again. */
export function passGate(gate: Int32Array): boolean {
  return Atomics.compareExchange(gate, 0, open, passed) !== shut;
}

/** On the main thread, for a batch that failed: whether the thread never writes. */
export function shutGate(gate: Int32Array): boolean {
  return Atomics.compareExchange(gate, 0, open, shut) !== passed;
}
