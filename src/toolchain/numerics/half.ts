/** IEEE 754 binary16, from its bits: 1 sign, 5 exponent, 10 fraction. */
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

/** Every half there is, by its bits: a tensor has millions of them. */
const halves = Float32Array.from({ length: 65_536 }, (_, bits) => decodeHalf(bits));

export function readHalf(bytes: DataView, at: number): number {
  return halves[bytes.getUint16(at, true)] ?? NaN;
}
