/**
 * GGUF's Llama family stores the rows of q and k so that the two numbers a rotation mixes are neighbours; Hugging Face
 * keeps them half a head apart. Row 2i + j of a head there is row j headDim/2 + i here (j = 0, 1). Returns a new array.
 *
 * rows: [heads x headDim, width]
 */
export function unpermuteRotary(rows: Float32Array, headDim: number, width: number): Float32Array {
  const half = headDim / 2;
  const unpermuted = new Float32Array(rows.length);
  const count = rows.length / width;
  for (let row = 0; row < count; row++) {
    const inHead = row % headDim;
    const target = row - inHead + (inHead % 2) * half + Math.floor(inHead / 2);
    unpermuted.set(rows.subarray(row * width, (row + 1) * width), target * width);
  }
  return unpermuted;
}
