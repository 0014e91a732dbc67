/** The value of IEEE 754 binary16 bits: 1 sign, 5 exponent, 10 fraction. */
export function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) {
    return fraction === 0 ? sign * Infinity : NaN;
  }
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Every half by its bits, because a tensor has millions of them. */
const halves = Float32Array.from({ length: 65_536 }, (_, bits) => decodeHalf(bits));

export function readHalf(bytes: DataView, at: number): number {
  return halves[bytes.getUint16(at, true)] ?? NaN;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The IEEE 754 binary16 bits of a value, rounded to nearest even; infinity above 65,504. */
export function halfBits(value: number): number {
  float[0] = value;
  const word = bits[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x47800000) {
    return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  }
  if (magnitude < 0x38800000) {
    // Subnormal halves are multiples of 2^-24; Math.fround keeps the scaling exact.
    return sign | roundHalfEven(Math.abs(float[0]) * 2 ** 24);
  }
  const rebased = magnitude - 0x38000000;
  // Adding just under half of the dropped 13 bits, plus the last kept bit, rounds ties to even.
  return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
}

function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

/** @returns the bits of every value, or the index of the first value that does not fit. */
export function toHalf(
  values: Float32Array,
): { ok: true; values: Uint16Array } | { ok: false; index: number } {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const half = halfBits(values[i] ?? 0);
    if ((half & 0x7c00) === 0x7c00) {
      return { ok: false, index: i };
    }
    out[i] = half;
  }
  return { ok: true, values: out };
}
